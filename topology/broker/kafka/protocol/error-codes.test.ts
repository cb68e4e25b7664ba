import { describe, expect, it } from 'vitest'
import { FatalBrokerError, FencedError, RetriableBrokerError, UnknownTopicError, type BrokerError } from '../../errors.ts'
import { brokerError } from './error-codes.ts'

const NEWEST = 136
const CODES = Array.from({ length: NEWEST + 2 }, (_, at) => at - 1).filter((code) => code !== 0)

describe('20.C15 An error code of Kafka', () => {
  it.each(CODES)('%i has a name', (code) => {
    expect(brokerError(code, 'Fetch').message).toMatch(/^Fetch failed: [A-Z][A-Z_]+(: .*)?\.$/)
  })

  it('that is newer than the client is fatal, and named with its number', () => {
    expect(brokerError(NEWEST + 1, 'Fetch')).toBeInstanceOf(FatalBrokerError)
    expect(brokerError(NEWEST + 1, 'Fetch').message).toBe(`Fetch failed: error code ${NEWEST + 1}, which is newer than this client.`)
  })

  it.each<[name: string, code: number, reaction: new (message: string) => BrokerError]>([
    ['a refused authentication', 58, FatalBrokerError],
    ['an unknown mechanism', 33, FatalBrokerError],
    ['a missing right to the cluster', 31, FatalBrokerError],
    ['an unsupported version', 35, FatalBrokerError],
    ['no election needed', 84, FatalBrokerError],
    ['no eligible leader', 83, RetriableBrokerError],
    ['a moved coordinator', 16, RetriableBrokerError],
    ['a moved controller', 41, RetriableBrokerError],
    ['a topic with another id', 100, UnknownTopicError],
    ['a newer producer', 90, FencedError],
  ])('has its reaction: %s', (_, code, reaction) => {
    expect(brokerError(code, 'Fetch')).toBeInstanceOf(reaction)
  })
})
