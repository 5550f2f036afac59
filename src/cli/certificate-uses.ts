/** What a certificate is used for, in the words of every command that lists some. Never of JSON, which has the source itself. */
import type { CheckedSource } from '../config/cert-check/checked.ts';

export const usesOf: Readonly<Record<CheckedSource, string>> = {
  listener: 'listener',
  sni: 'sni',
  client_ca: 'client CA',
  client_crl: 'client CRL',
  upstream_ca: 'upstream CA',
  upstream_client: 'upstream client',
  file: 'file',
  remote: 'remote',
};
