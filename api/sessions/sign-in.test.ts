import { describe, expect, it } from 'vitest'
import { manualPorts } from '../../topology/testing/index.ts'
import type { BankReader } from '../ports/bank-reader.ts'
import { Passwords } from './passwords.ts'
import { SignIn } from './sign-in.ts'

const NAME = 'anne vries'
const RIGHT = 'tulip-bridge-42'

async function open(): Promise<SignIn> {
  const passwords = new Passwords({ N: 16, r: 8, p: 1 })
  const passwordHash = await passwords.hash(RIGHT)
  const reader: Partial<BankReader> = { passwordHash: async (name) => (name === NAME ? passwordHash : undefined) }
  const commands = { send: () => Promise.reject(new Error('no command is expected')) }
  return new SignIn({
    reader: reader as BankReader,
    commands,
    passwords,
    ports: manualPorts(),
    employees: [{ username: 'employee', passwordHash }],
  })
}

describe('21.3 Failed sign-ins', () => {
  it('of strangers at many addresses do not lock the owner of the name out', async () => {
    const signIn = await open()
    for (let at = 0; at < 200; at++) await signIn.signIn(NAME, 'a wrong guess', `10.0.0.${at}`)
    expect(await signIn.signIn(NAME, RIGHT, '192.0.2.1')).toEqual({ user: { username: NAME, role: 'CLIENT' } })
  })

  it('slow down the pair of name and address, and no other name at that address', async () => {
    const signIn = await open()
    for (let at = 0; at < 8; at++)
      expect(await signIn.signIn(NAME, 'a wrong guess', '10.0.0.1')).toEqual({ reason: 'Name or password is wrong.' })
    expect(await signIn.signIn(NAME, RIGHT, '10.0.0.1')).toEqual({ reason: expect.stringContaining('Too many attempts') })
    expect(await signIn.signIn('bert vries', 'a wrong guess', '10.0.0.1')).toEqual({ reason: 'Name or password is wrong.' })
  })

  it('with names of any length are bounded by their address alone', async () => {
    const signIn = await open()
    const answers = new Set<string>()
    for (let at = 0; at < 61; at++) answers.add(JSON.stringify(await signIn.signIn('x'.repeat(60_000) + String(at), RIGHT, '10.0.0.1')))
    expect(answers.size).toBe(2)
  })
})

describe('21.3 A sign-up', () => {
  it.each([
    ['Open-Web 1', RIGHT, /reserved/],
    ['Employee', RIGHT, /reserved/],
    ['\uff25mployee', RIGHT, /reserved/],
    ['NL66OPEN0000000000', RIGHT, /reserved/],
    ['p\u0430ypal fan', RIGHT, /one script/],
    ['another client', 'password1', /first that are tried/],
  ])('of %s with %s is refused before anything is asked or stored', async (name, password, reason) => {
    expect(await (await open()).signUp(name, password, '10.0.0.1')).toEqual({ reason: expect.stringMatching(reason) })
  })
})
