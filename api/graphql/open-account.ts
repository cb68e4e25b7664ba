import { createHash } from 'node:crypto'
import { ownIban, type AccountView } from '../../processors/index.ts'
import type { Services } from './services.ts'
import { untilSeen } from '../until-seen.ts'

export interface AccountResult {
  readonly account: AccountView | null
  readonly pending: boolean
  readonly reason: string | null
  readonly code: string | null
}

const ATTEMPTS = 5
const ACCOUNT_NUMBERS = 1_000_000_000

/**
 * Opens an account. Its number and the command's id are derived from the user and the request's id, so a repeated request returns the
 * same account and opens no second one. A number that is already taken is skipped for the next. On success the account is in the user's
 * list.
 */
export async function openAccount({ commands, ports, reader }: Services, username: string, requestId: string): Promise<AccountResult> {
  for (let attempt = 0; ; attempt++) {
    const digest = createHash('sha256')
      .update(JSON.stringify([username, requestId, attempt]))
      .digest()
    const iban = ownIban(digest.readUIntBE(0, 6) % ACCOUNT_NUMBERS)
    const answer = await commands.send({ type: 'CreateBankAccount', id: uuidOf(digest), iban, username })
    switch (answer.type) {
      case 'CommandSucceeded': {
        const account = await untilSeen(ports.timers, async () => {
          const isListed = (await reader.ibansOwnedBy(username)).includes(iban)
          return isListed ? reader.account(iban) : undefined
        })
        return { account: account ?? null, pending: account === undefined, reason: null, code: null }
      }
      case 'CommandFailed':
        if (answer.code === 'iban-exists' && attempt + 1 < ATTEMPTS) continue
        return { account: null, pending: false, reason: answer.reason, code: answer.code }
      case 'pending':
        return { account: null, pending: true, reason: null, code: null }
      default:
        return answer satisfies never
    }
  }
}

/** Sixteen bytes of the digest as a UUID of version 8 (RFC 9562: custom). */
function uuidOf(digest: Buffer): string {
  const bytes = Buffer.from(digest.subarray(16, 32))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
