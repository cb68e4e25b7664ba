import { describe, expect, it } from 'vitest'
import { stderrLogger } from './stderr-logger.ts'

describe('20.A3 The default logger', () => {
  it('prints warnings and errors in a line each, with time, level, message and fields, and nothing below', () => {
    const lines: string[] = []
    const logger = stderrLogger({ now: () => 1_700_000_000_000 }, (line) => lines.push(line))
    logger.debug('not this')
    logger.info('nor this', { code: 'task-waits' })
    logger.warn('a task waits', { code: 'task-waits', task: '0_0' })
    logger.error('it failed')
    expect(lines).toEqual([
      '2023-11-14T22:13:20.000Z warn a task waits {"code":"task-waits","task":"0_0"}\n',
      '2023-11-14T22:13:20.000Z error it failed {}\n',
    ])
  })

  it('prints fields that JSON cannot hold without throwing', () => {
    const lines: string[] = []
    const circle: { self?: unknown } = {}
    circle.self = circle
    const logger = stderrLogger({ now: () => 1_700_000_000_000 }, (line) => lines.push(line))
    logger.warn('odd', { at: 7n, error: new Error('why\nnot') })
    logger.warn('circle', { code: 'task-waits', circle })
    expect(lines[0]).toContain('{"at":"7","error":"Error: why\\nnot"}')
    expect(lines[1]).toContain('"code":"task-waits"')
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true)
  })
})
