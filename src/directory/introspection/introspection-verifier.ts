// TokenVerifier that asks the server which issued the token (RFC 7662). The only traffic of this server to an address that
// an operator configured for tokens; nothing is sent unless auth.introspectionUrl is set.
//
// Bounded in time, answer size and memory. Answers are remembered by a hash of the token, never the token; a failure to ask
// is Transient and not remembered. Redirects are not followed: the token must not travel to where nobody configured it to.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock } from '../../base/clock.ts';
import { Transient } from '../../base/outcome.ts';
import type { Secret } from '../../base/secret.ts';
import type { Settings } from '../../settings/settings.ts';
import { type Claims, claimRules, judgeClaims } from '../token-claims.ts';
import type { TokenAnswer, TokenVerifier } from '../token-verifier.ts';

export interface IntrospectionOptions {
  readonly settings: Settings;
  /** Makes a path of what auth.introspectionSecretFile says. */
  readonly resolvePath: (file: string) => string;
  readonly clock: Clock;
}

interface Remembered {
  readonly answer: TokenAnswer;
  readonly untilMs: number;
}

export class IntrospectionVerifier implements TokenVerifier {
  readonly #options: IntrospectionOptions;
  readonly #answers = new Map<string, Remembered>();
  /** One question a token at a time: ten connections of one client ask once. */
  readonly #pending = new Map<string, Promise<TokenAnswer>>();

  constructor(options: IntrospectionOptions) {
    this.#options = options;
  }

  get isConfigured(): boolean {
    return this.#options.settings.get('auth.introspectionUrl') !== '';
  }

  async verify(token: Secret): Promise<TokenAnswer> {
    const { settings, clock } = this.#options;
    const url = settings.get('auth.introspectionUrl');
    const key = createHash('sha256')
      .update(`${settings.current.revision} ${token.reveal()}`)
      .digest('base64');
    const known = this.#answers.get(key);
    if (known !== undefined && known.untilMs > clock.nowMs()) return known.answer;
    const pending = this.#pending.get(key);
    if (pending !== undefined) return await pending;
    const question = this.#ask(url, token, key).finally(() => this.#pending.delete(key));
    this.#pending.set(key, question);
    return await question;
  }

  async #ask(url: string, token: Secret, key: string): Promise<TokenAnswer> {
    const { settings, clock } = this.#options;
    const claims = await this.#fetchClaims(url, token);
    // RFC 7662 2.2: only `active: true` says anything.
    const answer: TokenAnswer =
      claims.active === true
        ? judgeClaims(claims, claimRules(settings, false), clock.nowMs())
        : { kind: 'invalid', reason: 'not active' };
    const expiresMs = typeof claims.exp === 'number' ? claims.exp * 1000 : Number.POSITIVE_INFINITY;
    const untilMs = Math.min(
      clock.nowMs() + settings.get('auth.introspectionCacheSeconds') * 1000,
      expiresMs,
    );
    this.#remember(key, { answer, untilMs });
    return answer;
  }

  #remember(key: string, entry: Remembered): void {
    const most = this.#options.settings.get('auth.introspectionCacheEntries');
    this.#answers.delete(key);
    while (this.#answers.size > 0 && this.#answers.size >= most) {
      const oldest = this.#answers.keys().next().value;
      if (oldest !== undefined) this.#answers.delete(oldest);
    }
    if (most > 0) this.#answers.set(key, entry);
  }

  async #fetchClaims(url: string, token: Secret): Promise<Claims> {
    const { settings } = this.#options;
    try {
      const headers = await this.#headers();
      const body = new URLSearchParams({ token: token.reveal(), token_type_hint: 'access_token' }).toString();
      const text = await post(url, headers, body, {
        timeoutMs: settings.get('auth.introspectionTimeoutMs'),
        maxBytes: settings.get('auth.introspectionMaxBytes'),
      });
      const value: unknown = JSON.parse(text);
      if (typeof value !== 'object' || value === null) throw new Error('the answer is no JSON object');
      return value as Claims;
    } catch (cause) {
      throw new Transient('directory.token_unavailable', 'the token server does not answer', { cause });
    }
  }

  async #headers(): Promise<Record<string, string>> {
    const { settings, resolvePath } = this.#options;
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    const client = settings.get('auth.introspectionClientId');
    if (client === '') return headers;
    const file = settings.get('auth.introspectionSecretFile');
    const secret =
      file === '' ? '' : ((await readFile(resolvePath(file), 'utf8')).split(/\r?\n/, 1)[0] ?? '');
    // RFC 6749 2.3.1: both parts are form-encoded first.
    const pair = [client, secret].map((part) => encodeURIComponent(part).replaceAll('%20', '+')).join(':');
    return { ...headers, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }
}

/** One POST; the body of a 200, an Error for all else. */
function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  limits: { readonly timeoutMs: number; readonly maxBytes: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const signal = AbortSignal.timeout(limits.timeoutMs);
    const request = send(url, { method: 'POST', headers, signal, agent: false });
    request.on('error', reject);
    request.on('response', (response: IncomingMessage) => {
      if (response.statusCode !== 200) {
        response.destroy();
        reject(new Error(`status ${response.statusCode}`));
        return;
      }
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        if (size > limits.maxBytes) response.destroy(new Error('the answer is too large'));
        else parts.push(part);
      });
      response.on('error', reject);
      response.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
    });
    request.end(body);
  });
}
