import { describe, expect, it } from 'vitest'
import {
  DEFAULT_RECORD_LIMITS,
  FatalBrokerError,
  FencedError,
  OutcomeUnknownError,
  RecordCheck,
  RetriableBrokerError,
  StaleGenerationError,
  type Broker,
  type PartitionOffset,
} from '../../broker/index.ts'
import { TaskMigratedError } from '../../errors.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { GroupCommit, type TaskCommit } from './group-commit.ts'
import { OutputBuffer } from './output-buffer.ts'

/** A group commit, its requests to the broker, and its transactions' commits, which the test answers. */
function opened({
  opening,
  isRemoved = false,
  currentGeneration = 7,
}: { readonly opening?: Error[]; readonly isRemoved?: boolean; readonly currentGeneration?: number } = {}) {
  const ports = manualPorts()
  const requests: string[] = []
  const commits: { readonly id: string; resolve(ends: readonly PartitionOffset[]): void; reject(error: Error): void }[] = []
  const openProducer: Broker['openProducer'] = async ({ transactionalId: id = 'plain' }) => {
    const error = opening?.shift()
    if (error !== undefined) throw error
    requests.push(`open ${id}`)
    return {
      send: async (topic, partition, { recordCount }) => void requests.push(`${id} sends ${recordCount} to ${topic}/${partition}`),
      sendOffsets: async ({ generation }, offsets) => {
        if (generation !== currentGeneration) throw new StaleGenerationError(`Generation ${generation} is over.`)
        requests.push(`${id} stores ${offsets.map(({ partition, offset }) => `${partition}@${offset}`).join()} in ${generation}`)
      },
      commit: () => new Promise((resolve, reject) => commits.push({ id, resolve, reject })),
      abort: async () => undefined,
      close: async () => void requests.push(`close ${id}`),
    }
  }
  const group = new GroupCommit({
    applicationId: 'app',
    instanceId: 'one',
    broker: { openProducer } as Broker,
    ports,
    guarantee: 'exactly_once',
    identity: {
      member: () => {
        if (isRemoved) throw new Error('not a member')
        return { groupId: 'app', memberId: 'm', generation: 7 }
      },
      memberAfter: async (generation) => {
        if (generation === 8) throw new TaskMigratedError('not a member')
        return { groupId: 'app', memberId: 'm', generation: generation + 1 }
      },
    },
  })
  group.start()
  /** Resolves when nothing more happens without an answer of the broker. */
  const idle = (): Promise<void> => ports.advance(0)
  return { group, requests, commits, idle, ports }
}

function work(partition: number, records = 1): TaskCommit {
  const outputs = new OutputBuffer({
    check: (topic) => new RecordCheck(topic, DEFAULT_RECORD_LIMITS, () => 0),
    compressionOf: () => 'none',
  })
  for (let count = 0; count < records; count++) outputs.topic('out').append(0, Buffer.from('k'), Buffer.from('v'), 1)
  return { outputs, offsets: [{ topic: 'in', partition, offset: 5 }] }
}

describe('Commits of several tasks', () => {
  it('share a transaction while another one is under way, and all get its end offsets', async () => {
    const { group, requests, commits, idle } = opened()
    const first = group.commit(work(0))
    await idle()
    const together = [1, 2, 3].map((partition) => group.commit(work(partition)))
    await idle()
    expect(commits.map(({ id }) => id)).toEqual(['app/one/0'])
    requests.length = 0
    const ends = [{ topic: 'out', partition: 0, offset: 9 }]
    commits[0]?.resolve([])
    await first
    await idle()
    expect(requests).toEqual(['app/one/1 sends 3 to out/0', 'app/one/1 stores 1@5,2@5,3@5 in 7'])
    commits[1]?.resolve(ends)
    expect(await Promise.all(together)).toEqual([ends, ends, ends])
  })

  it('start a second transaction when they are large, but never a third', async () => {
    const { group, commits, idle } = opened()
    void group.commit(work(0))
    void group.commit(work(1, 999))
    await idle()
    expect(commits.length).toBe(1)
    void group.commit(work(2))
    await idle()
    expect(commits.map(({ id }) => id)).toEqual(['app/one/0', 'app/one/1'])
    void group.commit(work(3, 5_000))
    await idle()
    expect(commits.length).toBe(2)
    commits[1]?.resolve([])
    await idle()
    expect(commits.map(({ id }) => id)).toEqual(['app/one/0', 'app/one/1', 'app/one/2'])
  })

  it('are sent by the producer that has been idle longest', async () => {
    const { group, commits, idle } = opened()
    for (let index = 0; index < 6; index++) {
      const committed = group.commit(work(0))
      await idle()
      commits[index]?.resolve([])
      await committed
    }
    expect(commits.map(({ id }) => id.at(-1))).toEqual(['0', '1', '2', '3', '0', '1'])
  })

  it('fail together, their producer is opened again, and other transactions are not affected', async () => {
    const { group, requests, commits, idle } = opened()
    const failing = group.commit(work(0))
    await idle()
    const passing = group.commit(work(1, 1_000))
    await idle()
    requests.length = 0
    commits[0]?.reject(new OutcomeUnknownError('The answer was lost.'))
    await expect(failing).rejects.toBeInstanceOf(OutcomeUnknownError)
    await group.transactionsDecided()
    expect(requests).toEqual(['open app/one/0'])
    commits[1]?.resolve([])
    await passing
  })
})

describe('A group that begins its next generation while offsets are being stored', () => {
  it('has them stored in the next generation', async () => {
    const { group, requests, commits, idle } = opened({ currentGeneration: 8 })
    const committed = group.commit(work(0))
    await idle()
    expect(requests.slice(-2)).toEqual(['app/one/0 sends 1 to out/0', 'app/one/0 stores 0@5 in 8'])
    commits[0]?.resolve([])
    await committed
  })

  it('rejects an instance that is no longer a member, and nothing is committed', async () => {
    const { group, requests, commits } = opened({ currentGeneration: 9 })
    await expect(group.commit(work(0))).rejects.toBeInstanceOf(TaskMigratedError)
    await group.transactionsDecided()
    expect([commits, requests.slice(-2)]).toEqual([[], ['app/one/0 sends 1 to out/0', 'open app/one/0']])
  })
})

describe('An instance that is not a member', () => {
  it('sends nothing', async () => {
    const { group, requests } = opened({ isRemoved: true })
    await expect(group.commit(work(0))).rejects.toThrow('not a member')
    await group.transactionsDecided()
    expect(requests.filter((request) => !request.startsWith('open'))).toEqual([])
  })
})

describe('The outcome of a failed commit', () => {
  it('is decided when the producer is open again, however long that takes', async () => {
    const opening: Error[] = []
    const { group, commits, idle, ports } = opened({ opening })
    const failing = group.commit(work(0))
    await idle()
    opening.push(new RetriableBrokerError('not now'), new FencedError('not now'))
    commits[0]?.reject(new OutcomeUnknownError('The answer was lost.'))
    await expect(failing).rejects.toThrow()
    let isDecided = false
    void group.transactionsDecided().then(() => (isDecided = true))
    await ports.advance(150)
    expect(isDecided).toBe(false)
    await ports.advance(100)
    expect(isDecided).toBe(true)
  })

  it('is an error for every caller when the broker rejects this client', async () => {
    const { group } = opened({ opening: [new FatalBrokerError('Access denied')] })
    await expect(group.transactionsDecided()).rejects.toThrow('Access denied')
    await expect(group.commit(work(0))).rejects.toThrow('Access denied')
  })
})

describe('A group commit that is closed', () => {
  it('closes its producers and opens no more', async () => {
    const { group, requests, commits, idle } = opened()
    const failing = group.commit(work(0))
    await idle()
    requests.length = 0
    group.close()
    commits[0]?.reject(new OutcomeUnknownError('The answer was lost.'))
    await expect(failing).rejects.toThrow()
    await idle()
    expect(requests).toEqual([0, 1, 2, 3].map((index) => `close app/one/${index}`))
    await expect(group.transactionsDecided()).rejects.toThrow('Instance one is stopping')
  })
})
