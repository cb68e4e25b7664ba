import { describe, expect, it } from 'vitest'
import { isCommonPassword } from './common-passwords.ts'
import { isMixed, isReserved } from './names.ts'

describe('21.3 A name', () => {
  it.each([
    'openweb',
    'OpenWeb',
    'open.web',
    'the-bank',
    'Bank Team',
    '\uff22ank',
    'admin 2',
    'official support',
    'NL66OPEN0000000000',
    'nl66 open 0000 0000 00',
    'DE89370400440532013000',
  ])('that could pass for the bank or an account is reserved: %s', (name) => expect(isReserved(name)).toBe(true))

  it.each([
    'a new client',
    'bankers friend',
    'Anne de Vries',
    'cashmere',
    'username-1',
    'rootbeer.fan',
    'employee',
    '\u0411\u043e\u0431 \u0418\u0432\u0430\u043d\u043e\u0432',
  ])('of a person is not: %s', (name) => expect([isReserved(name), isMixed(name)]).toEqual([false, false]))

  it.each(['p\u0430ypal fan', '\u0412ob the client', 'Alph\u03b1 client'])('with look-alikes of another script is mixed: %s', (name) => {
    expect(isMixed(name)).toBe(true)
  })
})

describe('21.3 A password', () => {
  it.each([
    'password',
    'Passw0rd!',
    'P@ssword123',
    '12345678',
    '87654321',
    'qwertyuiop',
    'aaaaaaaa',
    'abcabcabc',
    'welcome2026',
    'letmein!!',
    'open-sesame',
    'anne-vries-1',
    '1q2w3e4r',
    'iloveyou2',
    '123456789012',
  ])('that is tried first is common: %s', (password) => expect(isCommonPassword(password, 'anne vries')).toBe(true))

  it.each(['a good password', 'correct horse battery', 'x7Kp2mQv', 'tulip-bridge-42', 'Zomeravond in Utrecht'])(
    'of its own is not: %s',
    (password) => {
      expect(isCommonPassword(password, 'anne vries')).toBe(false)
    },
  )
})
