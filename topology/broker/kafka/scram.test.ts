import { describe, expect, it } from 'vitest'
import { FatalBrokerError } from '../errors.ts'
import { ScramExchange } from './scram.ts'

const CREDENTIALS = { username: 'user', password: 'pencil' }
const NONCE = 'rOprNGfwEbeRWgbNEkqO'
const CHALLENGE = `r=${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`
const begun = () => new ScramExchange('sha256', CREDENTIALS, NONCE)

describe('20.C15 A SCRAM exchange', () => {
  it('sends what RFC 7677 shows', async () => {
    const exchange = begun()
    expect(exchange.firstMessage.toString()).toBe(`n,,n=user,r=${NONCE}`)
    expect((await exchange.finalMessage(Buffer.from(CHALLENGE))).toString()).toBe(
      `c=biws,r=${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    )
    exchange.verify(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='))
  })

  it.each([
    ['a signature that is wrong', 'v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='],
    ['no signature', ''],
    ['an error', 'e=invalid-proof'],
  ])('does not trust a broker that answers with %s', async (_, response) => {
    const exchange = begun()
    await exchange.finalMessage(Buffer.from(CHALLENGE))
    expect(() => exchange.verify(Buffer.from(response))).toThrow(FatalBrokerError)
  })

  it.each([
    ['another nonce', 'r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'],
    ['the client’s nonce alone', `r=${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`],
    ['few iterations', CHALLENGE.replace('4096', '4095')],
    ['no number of iterations', CHALLENGE.replace('i=4096', 'i=x')],
  ])('does not prove its password to a broker that sends %s', async (_, challenge) => {
    await expect(begun().finalMessage(Buffer.from(challenge))).rejects.toBeInstanceOf(FatalBrokerError)
  })

  it('escapes the separators of the protocol in a name', () => {
    expect(new ScramExchange('sha512', { username: 'a=b,c', password: 'x' }, 'n').firstMessage.toString()).toBe('n,,n=a=3Db=2Cc,r=n')
  })
})
