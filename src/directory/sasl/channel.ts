// The connection as SASL mechanisms see it, made from what the host says of its TLS layer.

import type { Settings } from '../../settings/settings.ts';
import type { BindingType, SaslChannel } from './mechanism.ts';

/** The part of a connection's TLS facts that matters here. */
export interface TlsIdentity {
  channelBinding?(type: BindingType): Uint8Array | undefined;
  clientNames?(kind: 'email' | 'commonName'): readonly string[] | undefined;
}

/** `tls` is undefined on a connection in clear. */
export function saslChannel(tls: TlsIdentity | undefined, settings: Settings): SaslChannel {
  return {
    isSecure: tls !== undefined,
    binding: (type) => tls?.channelBinding?.(type),
    certificateNames: () => tls?.clientNames?.(settings.get('auth.clientCertificateName')),
  };
}
