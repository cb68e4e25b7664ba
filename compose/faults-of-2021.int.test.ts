import { afterEach, describe, expect, it, vi } from 'vitest'
import { TOPICS } from '../processors/index.ts'
import { EmbeddedRegistry, RecordCodec } from '../schemas/index.ts'
import { MemoryStorage } from '../state/index.ts'
import { applyTopics, EmbeddedBroker, planTopics, systemPorts, type TopicPlan } from '../topology/index.ts'
import { APPLICATION, bankApplication } from './application.ts'
import { ConfigurationError } from './configuration-error.ts'
import { readConnection } from './connection.ts'
import { newToken } from './new-token.ts'
import { allTopics } from './topics/all-topics.ts'
import { silentLogger } from '../topology/testing/index.ts'

const TOKENS = 5_000

afterEach(() => vi.restoreAllMocks())

async function declaredTopics() {
  const codec = await RecordCodec.open(await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined }))
  return allTopics(bankApplication(codec), 4).map((topic) => ({ ...topic, replicationFactor: 3 }))
}

describe('Faults of the 2021 bank', () => {
  it('tokens from a weak generator', () => {
    const weak = vi.spyOn(Math, 'random').mockReturnValue(0)
    const tokens = Array.from({ length: TOKENS }, newToken)
    expect(weak).not.toHaveBeenCalled()
    expect(new Set(tokens).size).toBe(TOKENS)
    expect(tokens.filter((token) => !/^\d{20}$/.test(token))).toEqual([])
    for (let place = 0; place < 20; place += 1) {
      const counts = Array.from({ length: 10 }, (_, digit) => tokens.filter((token) => token[place] === String(digit)).length)
      // Eight standard deviations from a tenth: a sound generator exceeds this once in 10^12 runs.
      expect(Math.max(...counts.map((count) => Math.abs(count - TOKENS / 10)))).toBeLessThan(170)
    }
  })

  it('existing topic settings never checked by the synchroniser', async () => {
    const broker = await EmbeddedBroker.open({ storage: new MemoryStorage(), ports: systemPorts(silentLogger) })
    const topics = await declaredTopics()
    const plan = async (): Promise<TopicPlan> => {
      const existing = await broker.admin.describeTopics()
      return planTopics({ declared: topics, existing, brokers: 1, prefix: `${APPLICATION}-`, prune: false, addPartitions: false })
    }
    await applyTopics(broker.admin, (await plan()).actions)
    expect(await plan()).toMatchObject({ actions: [], problems: [] })
    await broker.admin.alterTopic(TOPICS.accountEvents, { 'retention.ms': '1000' })
    const repair = await plan()
    expect(repair.actions).toEqual([
      { kind: 'configure', name: TOPICS.accountEvents, settings: [{ key: 'retention.ms', actual: '1000', declared: '-1' }] },
    ])
    await applyTopics(broker.admin, repair.actions)
    expect(await plan()).toMatchObject({ actions: [], problems: [] })
    await broker.close()
  })

  it('one broker, no TLS: every topic has three replicas and needs two in sync, and connections use TLS and SASL', async () => {
    const topics = await declaredTopics()
    const { actions } = planTopics({
      declared: topics,
      existing: [],
      brokers: 3,
      prefix: `${APPLICATION}-`,
      prune: false,
      addPartitions: false,
    })
    for (const action of actions)
      expect(action).toMatchObject({ kind: 'create', topic: { replicationFactor: 3, config: { 'min.insync.replicas': '2' } } })
    expect(actions).toHaveLength(topics.length)

    const secured = { BOB_KAFKA_CA: '/ca.pem', BOB_KAFKA_SASL: 'SCRAM-SHA-512', BOB_KAFKA_USER: 'api', BOB_KAFKA_PASSWORD: 'secret' }
    const { kafka, tls, sasl } = readConnection({ kafka: 'one:9093,two:9093,three:9093' }, secured)
    expect({ kafka, tls, sasl }).toEqual({
      kafka: ['one:9093', 'two:9093', 'three:9093'],
      tls: { authority: '/ca.pem', certificate: undefined, key: undefined },
      sasl: { mechanism: 'scram-sha-512', username: 'api', password: 'secret' },
    })
    for (const half of [{ BOB_KAFKA_CERT: '/own.pem' }, { BOB_KAFKA_SASL: 'plain' }, { BOB_KAFKA_SASL: 'none', BOB_KAFKA_USER: 'api' }])
      expect(() => readConnection({}, half)).toThrow(ConfigurationError)
  })
})
