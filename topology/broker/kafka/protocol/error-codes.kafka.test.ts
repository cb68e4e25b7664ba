import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, inject, it } from 'vitest'
import { RetriableBrokerError, UnknownTopicError } from '../../errors.ts'
import { brokerError } from './error-codes.ts'

const ROW = /<td>([A-Z_]+)<\/td><td>(-?\d+)<\/td><td>(True|False)<\/td>/g
/** Retriable by another instance only, or by another call: Kafka's Java clients say so too. */
const RETRIED_DIFFERENTLY = ['ELECTION_NOT_NEEDED']

describe('20.C15 The error codes of the adapter', () => {
  it('are those of Kafka, and what Kafka calls retriable is retried', async () => {
    const { stdout } = await promisify(execFile)('java', ['-cp', inject('kafkaClassPath'), 'org.apache.kafka.common.protocol.Errors'])
    const codes = [...stdout.matchAll(ROW)].filter(([, name]) => name !== 'NONE')
    expect(codes.length).toBeGreaterThan(100)
    for (const [, name = '', code, retriable] of codes) {
      const error = brokerError(Number(code), 'Test')
      expect(error.message).toContain(` ${name}`)
      if (retriable === 'True' && !RETRIED_DIFFERENTLY.includes(name))
        expect([name, error instanceof RetriableBrokerError || error instanceof UnknownTopicError]).toEqual([name, true])
    }
  })
})
