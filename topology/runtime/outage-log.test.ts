import { beforeEach, describe, expect, it } from 'vitest'
import type { Logger } from '../ports.ts'
import { manualPorts, type ManualPorts } from '../testing/manual-ports.ts'
import { OutageLog } from './outage-log.ts'

describe('An outage', () => {
  let ports: ManualPorts
  let lines: string[]
  let log: OutageLog

  beforeEach(() => {
    ports = manualPorts()
    lines = []
    const logger: Logger = {
      debug: () => undefined,
      info: (message, fields) => void lines.push(`info ${message} ${String(fields?.failures)}`),
      warn: (message, fields) => void lines.push(`warn ${message} ${String(fields?.reason)} ${String(fields?.failures ?? 1)}`),
      error: () => undefined,
    }
    log = new OutageLog(ports.clock, logger)
  })

  it('is logged at once and then at growing intervals, however often it fails', async () => {
    for (let second = 0; second < 100; second++) {
      log.failed('no broker', 'refused')
      await ports.advance(1_000)
    }
    expect(lines).toEqual([
      'warn no broker refused 1',
      'warn no broker refused 11',
      'warn no broker refused 31',
      'warn no broker refused 71',
    ])
  })

  it('is logged at each new reason', () => {
    log.failed('no broker', 'refused')
    log.failed('no broker', 'timed out')
    log.failed('no broker', 'timed out')
    expect(lines).toEqual(['warn no broker refused 1', 'warn no broker timed out 2'])
  })

  it('is logged once when it is over, and the next one begins from the start', async () => {
    log.failed('no broker', 'refused')
    await ports.advance(500)
    expect(log.since).toBeDefined()
    log.recovered('a broker')
    log.recovered('a broker')
    expect(log.since).toBeUndefined()
    log.failed('no broker', 'refused')
    expect(lines).toEqual(['warn no broker refused 1', 'info a broker 1', 'warn no broker refused 1'])
  })
})
