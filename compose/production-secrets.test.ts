import { describe, expect, it } from 'vitest'
import { readConfiguration } from './configuration.ts'
import { readApi, readProcessor } from './processes/process-configuration.ts'

const SECRET = 'f3b1c0a4d5e69788a1b2c3d4e5f60718'
const PASSWORD = 'tulip-bridge-42'
const PRODUCTION = { BOB_MODE: 'production', BOB_SECRET: SECRET, BOB_EMPLOYEE_PASSWORD: PASSWORD }

describe('21.3 In production', () => {
  it.each([undefined, 'open-sesame', 'short-one', 'aaaaaaaaaaaaaaaa', 'Password1234', '123456789012'])(
    'the password of the employee must be its own: not %s',
    (password) => {
      for (const read of [
        () => readConfiguration({}, { ...PRODUCTION, BOB_EMPLOYEE_PASSWORD: password }),
        () => readApi({}, { ...PRODUCTION, BOB_EMPLOYEE_PASSWORD: password }),
      ]) {
        expect(read).toThrow(/^In production, BOB_EMPLOYEE_PASSWORD must be set .* Make one with "openssl rand -hex 32"\.$/)
        if (password !== undefined) expect(read).not.toThrow(password)
      }
    },
  )

  it.each(['a secret for this machine alone', '0123456789abcdef0123', 'a'.repeat(40)])(
    'the secret between processes must be random: not %s',
    (secret) => {
      for (const read of [
        () => readApi({}, { ...PRODUCTION, BOB_SECRET: secret }),
        () => readProcessor({}, { ...PRODUCTION, BOB_SECRET: secret }),
      ]) {
        expect(read).toThrow(/^In production, BOB_SECRET must be a random text of at least 32 characters/)
        expect(read).not.toThrow(secret)
      }
    },
  )

  it('good ones are taken, and a processor needs no password', () => {
    expect(readApi({}, PRODUCTION).employee.password).toBe(PASSWORD)
    expect(readProcessor({}, { BOB_MODE: 'production', BOB_SECRET: SECRET }).secret).toBe(SECRET)
    expect(readConfiguration({}, PRODUCTION).mode).toBe('production')
  })
})

describe('In development', () => {
  it('the well-known ones are defaults', () => {
    expect(readConfiguration({}, {}).employee.password).toBe('open-sesame')
    expect(readApi({}, {}).secret).toHaveLength(31)
  })
})
