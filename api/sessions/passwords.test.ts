import { describe, expect, it } from 'vitest'
import { BusyError, NO_PASSWORD, Passwords } from './passwords.ts'

const COST = { N: 16, r: 8, p: 1 }

describe('Passwords', () => {
  it('are stored with their cost and a salt of their own, and never as they are', async () => {
    const passwords = new Passwords(COST)
    const [one, other] = [await passwords.hash('open sesame'), await passwords.hash('open sesame')]
    expect(one).toMatch(/^scrypt\$16\$8\$1\$[\w-]{22}\$[\w-]{43}$/)
    expect(one).not.toBe(other)
    expect(await passwords.verify('open sesame', one)).toBe(true)
    expect(await passwords.verify('open sesame!', one)).toBe(false)
  })

  it('cost at least what the design asks for, unless a test says otherwise', async () => {
    expect(await new Passwords().hash('open sesame')).toMatch(/^scrypt\$32768\$8\$3\$/)
  })

  it('are checked at the cost they were stored with', async () => {
    const old = await new Passwords(COST).hash('open sesame')
    expect(await new Passwords({ N: 32, r: 8, p: 1 }).verify('open sesame', old)).toBe(true)
  })

  it('are the same however their accents are written', async () => {
    const passwords = new Passwords(COST)
    expect(await passwords.verify('caf\u00e9 noir', await passwords.hash('cafe\u0301 noir'))).toBe(true)
  })

  it('of nobody, and of who may not sign in, are wrong', async () => {
    const passwords = new Passwords(COST)
    expect(await passwords.verify('open sesame', undefined)).toBe(false)
    expect(await passwords.verify(NO_PASSWORD, NO_PASSWORD)).toBe(false)
  })

  it('are not checked in endless number: who is one too many is told so, the others are served', async () => {
    const passwords = new Passwords(COST)
    const hash = await passwords.hash('open sesame')
    const all = await Promise.allSettled(Array.from({ length: 80 }, () => passwords.verify('open sesame', hash)))
    const refused = all.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(80 - 2 - 64)
    for (const one of refused) expect(one).toMatchObject({ reason: expect.any(BusyError) as BusyError })
    expect(all.filter((one) => one.status === 'fulfilled' && one.value)).toHaveLength(66)
    expect(await passwords.verify('open sesame', hash)).toBe(true)
  })
})
