import { beforeAll, describe, expect, it } from 'vitest'
import type { Acl, Topology } from '../../topology/index.ts'
import { bankApplication, topologyOnlyCodec } from '../application.ts'
import { allTopics } from '../topics/all-topics.ts'
import { bankAcls } from './bank-acls.ts'

let acls: readonly Acl[]
let topology: Topology

beforeAll(async () => {
  const codec = await topologyOnlyCodec()
  acls = bankAcls(codec)
  topology = bankApplication(codec)
})

function named(principal: string, resource: Acl['resource'], ...operations: Acl['operation'][]): readonly string[] {
  const found = acls.filter(
    (acl) => acl.principal === `User:${principal}` && acl.resource === resource && operations.includes(acl.operation),
  )
  return [...new Set(found.map(({ name }) => name))].sort()
}

/** Topic names found in the topology's description; internal topics by their names on the broker. */
function described(pattern: RegExp): readonly string[] {
  const names = [...topology.describe().matchAll(pattern)].flatMap(([, list = '']) => list.split(', '))
  return [...new Set(names.map((name) => (name.startsWith('bank-') ? name : `bank-${name}`)))]
}

describe('A processor', () => {
  const internal = () => allTopics(topology, 1).flatMap(({ name }) => (/-(changelog|repartition|dead-letters)$/.test(name) ? [name] : []))

  it('reads the sources of the topology and its internal topics', () => {
    const sources = described(/Source: .*\(topics: \[(.*)\]\)/g)
    expect(sources).toContain('bank-user-commands')
    expect(named('processor', 'topic', 'read')).toEqual([...new Set([...sources, ...internal()])].sort())
  })

  it('writes the sinks of the topology and its internal topics', () => {
    const sinks = described(/Sink: .*\(topic: (.*)\)/g)
    expect(sinks).toContain('bank-outcomes')
    expect(named('processor', 'topic', 'write')).toEqual([...new Set([...sinks, ...internal()])].sort())
  })

  it('deletes records of repartition topics only, and creates no topics', () => {
    expect(named('processor', 'topic', 'delete')).toEqual(['bank-ownership-by-user-repartition'])
    expect(named('processor', 'topic', 'create', 'alterConfigs')).toEqual([])
  })

  it('20.C13 adds partitions to the changelog of parked keys of each sub-topology, and to no other topic', () => {
    expect(named('processor', 'topic', 'alter')).toEqual(topology.subtopologies.map(({ id }) => `bank-parked-keys-${id}-changelog`).sort())
  })

  it('joins one group, and uses the transactional ids of the application', () => {
    expect(named('processor', 'group', 'read')).toEqual(['bank'])
    expect(named('processor', 'transactionalId', 'write')).toEqual(['bank/'])
  })
})

describe('An API', () => {
  it('writes commands and its sessions', () => {
    expect(named('api', 'topic', 'write')).toEqual([
      'bank-account-commands',
      'bank-sessions',
      'bank-transfer-commands',
      'bank-user-commands',
    ])
  })

  it('reads what the bank publishes, but no commands and no changelogs', () => {
    expect(named('api', 'topic', 'read')).toEqual([
      'bank-account-events',
      'bank-alerts',
      'bank-dead-letters',
      'bank-outcomes',
      'bank-sessions',
      'bank-transactions',
      'bank-transfer-events',
      'bank-transfers',
    ])
  })

  it('describes every source topic, so that it can derive the task of a key', () => {
    const seen = named('api', 'topic', 'describe', 'read', 'write')
    for (const source of described(/Source: .*\(topics: \[(.*)\]\)/g)) expect(seen).toContain(source)
  })

  it('joins no group and uses no transactional id', () => {
    expect(named('api', 'group', 'read')).toEqual([])
    expect(acls.filter(({ principal, resource }) => principal === 'User:api' && resource === 'transactionalId')).toEqual([])
  })
})

describe('20.C13 settings of topics', () => {
  it.each(['processor', 'api'] as const)('are read by a %s of all topics that it writes, and of no others', (principal) => {
    const written = named(principal, 'topic', 'write')
    expect(written.length).toBeGreaterThan(0)
    expect(named(principal, 'topic', 'describeConfigs')).toEqual(written)
  })
})

describe('Every principal', () => {
  it('is limited to the names of the bank, or of the registry, and has no rights on the cluster', () => {
    for (const { principal, resource, name } of acls) {
      expect(resource).not.toBe('cluster')
      expect(name).toMatch(principal === 'User:registry' ? /^registry-/ : /^bank(-|\/|$)/)
    }
  })

  it('creates and deletes topics only if it is the topic synchroniser, which reads and writes none', () => {
    expect(named('topics', 'topic', 'create', 'delete')).toEqual(['bank-'])
    expect(named('topics', 'topic', 'read', 'write')).toEqual([])
    expect(named('api', 'topic', 'create', 'delete')).toEqual([])
  })
})
