import { ForeignBytesError } from './frames.ts'

/** Node's and OpenSSL's codes for a handshake or a certificate that fails, and for PEM files that cannot be read. */
const TLS_CODES =
  /^(ERR_(TLS|SSL|OSSL)_|CERT_|CRL_|ERROR_IN_CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF|DECRYPT_CERT|DECODE_ISSUER)|INVALID_(CA|PURPOSE)$|HOSTNAME_MISMATCH$|PATH_LENGTH_EXCEEDED$|EPROTO$)/
/** How a TLS alert begins, which a broker with TLS may send to a client without. */
const TLS_ALERT = 0x1503

/**
 * What is wrong, with advice, if an error shows that client and broker do not agree about TLS, or that there is no broker at the address: another
 * attempt would end in the same way. Undefined for all other errors.
 */
export function lastingFault(error: unknown, usesTls: boolean): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof ForeignBytesError)
    return error.size >>> 16 === TLS_ALERT
      ? 'it expects TLS. Set the option ssl, or name a listener without TLS.'
      : `${error.message}. Check the address.`
  if (!usesTls) return undefined
  const code = 'code' in error ? String(error.code) : ''
  if (!TLS_CODES.test(code)) return undefined
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code))
    return `it does not speak TLS (${code}). Leave out the option ssl, or name a listener with TLS.`
  if (/ALERT/.test(code)) return `it refuses the TLS handshake (${error.message}). Check the client’s certificate and key (cert, key).`
  if (/^ERR_OSSL_/.test(code)) return `a PEM text cannot be read (${error.message}). Check ca, cert, key and passphrase.`
  return `its certificate is not accepted (${code}: ${error.message}). Check ca, the date, and that the address is one of the certificate’s names.`
}
