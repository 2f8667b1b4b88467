// All house checks as steps.

import { recordStep } from '../steps.ts';
import { checkErrorTable } from './error-table.ts';
import { checkHouseRules } from './house-rules.ts';
import { checkLayers } from './layers.ts';
import { checkRfcTable } from './rfc-table.ts';
import { checkSettingsDocs, checkSettingsTable } from './settings-table.ts';
import { checkSizes } from './sizes.ts';

export function runHouseChecks(): void {
  const checks = [
    ['layers', checkLayers],
    ['sizes', checkSizes],
    ['error table', checkErrorTable],
    ['RFC table', checkRfcTable],
    ['settings table', checkSettingsTable],
    ['settings pages', checkSettingsDocs],
    ['house rules', checkHouseRules],
  ] as const;
  for (const [name, check] of checks) {
    const startedMs = performance.now();
    recordStep(name, startedMs, check().join('\n'));
  }
}
