import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseDuration, readConfiguration } from './configuration.ts'
import { ConfigurationError } from './configuration-error.ts'

const PORT = 'the port (--port, BOB_PORT) must be a whole number from 0 to 65535'
const INSTANCES = 'the number of instances (--instances, BOB_INSTANCES) must be a whole number from 1 to 32'

describe('The configuration', () => {
  it('takes flags before the environment, and the environment before its defaults', () => {
    const environment = { BOB_PORT: '9000', BOB_INSTANCES: '5' }
    expect(readConfiguration({ port: '0' }, environment)).toMatchObject({ port: 0, instances: 5, host: '127.0.0.1', mode: 'development' })
  })

  it('keeps the bank beside what else lies in data/: Kafka’s files, those of processors', () => {
    expect(readConfiguration({}, {}).dataDirectory).toBe(join(process.cwd(), 'data', 'bank'))
  })

  it.each([
    [{ port: '70000' }, {}, `${PORT}.`],
    [{ port: 'eighty' }, {}, `${PORT}.`],
    [{ instances: '0' }, {}, `${INSTANCES}.`],
    [{ instances: '2.5' }, {}, `${INSTANCES}.`],
    [{}, { BOB_MODE: 'test' }, 'the mode (BOB_MODE) must be development or production.'],
    [{}, { BOB_EMPLOYEE_PASSWORD: 'short' }, 'the employee’s password (BOB_EMPLOYEE_PASSWORD) must have at least 8 characters.'],
  ])('refuses %j with %j in one sentence', (flags, environment, sentence) => {
    expect(() => readConfiguration(flags, environment)).toThrow(new ConfigurationError(sentence))
  })

  it('names everything that is wrong at once', () => {
    expect(() => readConfiguration({ port: '70000', instances: '99' }, {})).toThrow(`${PORT}; ${INSTANCES}.`)
  })
})

describe('A duration', () => {
  it.each([
    ['500ms', 500],
    ['60s', 60_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
  ])('%s is %d ms', (text, expected) => expect(parseDuration(text)).toBe(expected))

  it.each(['60', 's', '-1s', '1.5h', '60 s', ''])('"%s" is refused', (text) => {
    expect(() => parseDuration(text)).toThrow(`"${text}" is not a duration. Write it like 500ms, 60s, 5m or 1h.`)
  })
})
