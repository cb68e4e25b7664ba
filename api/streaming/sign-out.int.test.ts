import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StreamEvent } from '../testing/api-client.ts'
import { BankApi } from '../testing/bank-api.ts'

let bank: BankApi

beforeAll(async () => {
  bank = await BankApi.open()
})

afterAll(() => bank.close())

describe('21.3 A stream', () => {
  it('ends at once when its client signs out, long before the next check of its access', { timeout: 10_000 }, async () => {
    const client = await bank.client('a client on the way out')
    const iban = await client.openAccount()
    await client.deposit(iban, 100)
    const events: StreamEvent<unknown>[] = []
    const stream = (async () => {
      for await (const event of client.subscribe('subscription ($iban: String!) { transactions(iban: $iban) { id } }', { iban }))
        events.push(event)
    })()
    await expect.poll(() => events.length).toBe(1)
    const begin = performance.now()
    await client.ask('mutation { signOut }')
    await stream
    expect(performance.now() - begin).toBeLessThan(5_000)
    expect(events.map(({ answer }) => answer.errors?.[0]?.extensions?.code)).toContain('UNAUTHENTICATED')
  })
})
