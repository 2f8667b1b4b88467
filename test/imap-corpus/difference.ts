// What two servers say differently about one message.

import type { Items } from './peer.ts';
import { envelopeFacts, type Facts, structureFacts } from './structure.ts';

export interface Difference {
  /** `envelope.from`, `2.1.size`, `shape`, `BODY[2.MIME]`. */
  readonly place: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Differences of size, ENVELOPE and BODYSTRUCTURE. A different tree of parts is one difference, `shape`. */
export function compareDescriptions(ours: Items, theirs: Items): Difference[] {
  const differences = compareFacts(
    envelopeFacts(ours.get('ENVELOPE')),
    envelopeFacts(theirs.get('ENVELOPE')),
  );
  const [mine, other] = [
    structureFacts(ours.get('BODYSTRUCTURE')),
    structureFacts(theirs.get('BODYSTRUCTURE')),
  ];
  const [myShape, otherShape] = [shapeOf(mine.facts), shapeOf(other.facts)];
  if (myShape === otherShape) differences.push(...compareFacts(mine.facts, other.facts));
  else differences.push({ place: 'shape', ours: myShape, theirs: otherShape });
  return differences;
}

/** Differences of the given string items. */
export function compareOctets(labels: readonly string[], ours: Items, theirs: Items): Difference[] {
  const differences: Difference[] = [];
  for (const label of labels) {
    const [mine, other] = [asText(ours, label), asText(theirs, label)];
    if (mine !== other) differences.push({ place: label, ours: mine, theirs: other });
  }
  return differences;
}

function asText(items: Items, label: string): string {
  const value = items.get(label.toUpperCase());
  // Dovecot answers an empty string where there is no such part; RFC 9051 allows both.
  return value === null ? '' : Buffer.isBuffer(value) ? value.toString('latin1') : String(value);
}

function compareFacts(ours: Facts, theirs: Facts): Difference[] {
  const places = new Set([...ours.keys(), ...theirs.keys()]);
  return [...places].flatMap((place) => {
    const [mine, other] = [ours.get(place) ?? '(absent)', theirs.get(place) ?? '(absent)'];
    return mine === other ? [] : [{ place, ours: mine, theirs: other }];
  });
}

/** The tree of parts: what each one is, without details. */
function shapeOf(facts: Facts): string {
  return [...facts]
    .filter(([place]) => /\.(type|children)$/.test(place))
    .map(([place, value]) => `${place}=${value}`)
    .join(' ');
}
