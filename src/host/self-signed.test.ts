import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { createSelfSigned } from './self-signed.ts';

test('self-signed: another parser reads the names, validity and signature', async () => {
  const now = Date.UTC(2026, 10, 25);
  const { keyPem, certificatePem } = await createSelfSigned(
    ['mail.example.test', 'localhost'],
    ['127.0.0.1'],
    now,
    365,
  );
  const certificate = new X509Certificate(certificatePem);
  assert.equal(certificate.subject, 'CN=mail.example.test');
  assert.equal(certificate.subjectAltName, 'DNS:mail.example.test, DNS:localhost, IP Address:127.0.0.1');
  assert.equal(certificate.validFromDate.getTime(), now - 86_400_000);
  assert.equal(certificate.validToDate.getTime(), now + 365 * 86_400_000);
  assert.equal(certificate.ca, false);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.ok(certificate.checkHost('localhost'));
  createSecureContext({ key: keyPem, cert: certificatePem });
});

test('self-signed: dates from 2050 use GeneralizedTime', async () => {
  const { certificatePem } = await createSelfSigned(['a.test'], [], Date.UTC(2049, 5, 1), 3650);
  assert.equal(new X509Certificate(certificatePem).validToDate.getUTCFullYear(), 2059);
});
