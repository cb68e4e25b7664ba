import { describe, expect, it } from 'vitest'
import { BusyError, NO_PASSWORD, Passwords } from './passwords.ts'

const COST = { N: 16, r: 8, p: 1 }

describe('Passwords', () => {
  it('are stored as a hash with its cost and its own salt', async () => {
    const passwords = new Passwords(COST)
    const [first, second] = [await passwords.hash('open sesame'), await passwords.hash('open sesame')]
    expect(first).toMatch(/^scrypt\$16\$8\$1\$[\w-]{22}\$[\w-]{43}$/)
    expect(first).not.toBe(second)
    expect(await passwords.verify('open sesame', first)).toBe(true)
    expect(await passwords.verify('open sesame!', first)).toBe(false)
  })

  it('have the documented cost by default', async () => {
    expect(await new Passwords().hash('open sesame')).toMatch(/^scrypt\$32768\$8\$3\$/)
  })

  it('are verified at the cost they were stored with', async () => {
    const old = await new Passwords(COST).hash('open sesame')
    expect(await new Passwords({ N: 32, r: 8, p: 1 }).verify('open sesame', old)).toBe(true)
  })

  it('match in either Unicode form of their accents', async () => {
    const passwords = new Passwords(COST)
    expect(await passwords.verify('caf\u00e9 noir', await passwords.hash('cafe\u0301 noir'))).toBe(true)
  })

  it('of an unknown user and of one that cannot sign in are wrong', async () => {
    const passwords = new Passwords(COST)
    expect(await passwords.verify('open sesame', undefined)).toBe(false)
    expect(await passwords.verify(NO_PASSWORD, NO_PASSWORD)).toBe(false)
  })

  it('are refused with BusyError beyond the limit of waiting checks; the others are verified', async () => {
    const passwords = new Passwords(COST)
    const hash = await passwords.hash('open sesame')
    const all = await Promise.allSettled(Array.from({ length: 80 }, () => passwords.verify('open sesame', hash)))
    const refused = all.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(80 - 2 - 64)
    for (const result of refused) expect(result).toMatchObject({ reason: expect.any(BusyError) as BusyError })
    expect(all.filter((result) => result.status === 'fulfilled' && result.value)).toHaveLength(66)
    expect(await passwords.verify('open sesame', hash)).toBe(true)
  })
})
