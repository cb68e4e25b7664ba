import { describe, expect, it } from 'vitest'
import {
  FatalBrokerError,
  FencedError,
  OutcomeUnknownError,
  RetriableBrokerError,
  StaleGenerationError,
  type Broker,
  type PartitionOffset,
} from '../../broker/index.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { TaskMigratedError } from '../../errors.ts'
import { GroupCommit, type TaskCommit } from './group-commit.ts'
import { OutputBuffer } from './output-buffer.ts'

/** A group commit, what it has asked of the broker, and its commits, which the test answers. */
function opened({
  opening,
  isOut = false,
  present = 7,
}: { readonly opening?: Error[]; readonly isOut?: boolean; readonly present?: number } = {}) {
  const ports = manualPorts()
  const asked: string[] = []
  const commits: { readonly id: string; resolve(ends: readonly PartitionOffset[]): void; reject(error: Error): void }[] = []
  const openProducer: Broker['openProducer'] = async ({ transactionalId: id = 'plain' }) => {
    const error = opening?.shift()
    if (error !== undefined) throw error
    asked.push(`open ${id}`)
    return {
      send: async (topic, partition, { recordCount }) => void asked.push(`${id} sends ${recordCount} to ${topic}/${partition}`),
      sendOffsets: async ({ generation }, offsets) => {
        if (generation !== present) throw new StaleGenerationError(`${generation} is over.`)
        asked.push(`${id} stores ${offsets.map(({ partition, offset }) => `${partition}@${offset}`).join()} in ${generation}`)
      },
      commit: () => new Promise((resolve, reject) => commits.push({ id, resolve, reject })),
      abort: async () => undefined,
      close: async () => void asked.push(`close ${id}`),
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
        if (isOut) throw new Error('out')
        return { groupId: 'app', memberId: 'm', generation: 7 }
      },
      memberAfter: async (generation) => {
        if (generation === 8) throw new TaskMigratedError('out')
        return { groupId: 'app', memberId: 'm', generation: generation + 1 }
      },
    },
  })
  group.start()
  /** Resolves when everything that needs no answer of the broker has happened. */
  const rest = (): Promise<void> => ports.advance(0)
  return { group, asked, commits, rest, ports }
}

function work(partition: number, records = 1): TaskCommit {
  const outputs = new OutputBuffer()
  for (let count = 0; count < records; count++) outputs.topic('out').append(0, Buffer.from('k'), Buffer.from('v'), 1)
  return { outputs, offsets: [{ topic: 'in', partition, offset: 5 }] }
}

describe('Commits of several tasks', () => {
  it('share a transaction while another one is under way, and all get its end offsets', async () => {
    const { group, asked, commits, rest } = opened()
    const first = group.commit(work(0))
    await rest()
    const together = [1, 2, 3].map((partition) => group.commit(work(partition)))
    await rest()
    expect(commits.map(({ id }) => id)).toEqual(['app/one/0'])
    asked.length = 0
    const ends = [{ topic: 'out', partition: 0, offset: 9 }]
    commits[0]?.resolve([])
    await first
    await rest()
    expect(asked).toEqual(['app/one/1 sends 3 to out/0', 'app/one/1 stores 1@5,2@5,3@5 in 7'])
    commits[1]?.resolve(ends)
    expect(await Promise.all(together)).toEqual([ends, ends, ends])
  })

  it('do not wait for a transaction when they are large, and wait for one of two', async () => {
    const { group, commits, rest } = opened()
    void group.commit(work(0))
    void group.commit(work(1, 999))
    await rest()
    expect(commits.length).toBe(1)
    void group.commit(work(2))
    await rest()
    expect(commits.map(({ id }) => id)).toEqual(['app/one/0', 'app/one/1'])
    void group.commit(work(3, 5_000))
    await rest()
    expect(commits.length).toBe(2)
    commits[1]?.resolve([])
    await rest()
    expect(commits.map(({ id }) => id)).toEqual(['app/one/0', 'app/one/1', 'app/one/2'])
  })

  it('are sent by the producer that has been idle longest', async () => {
    const { group, commits, rest } = opened()
    for (let turn = 0; turn < 6; turn++) {
      const committed = group.commit(work(0))
      await rest()
      commits[turn]?.resolve([])
      await committed
    }
    expect(commits.map(({ id }) => id.at(-1))).toEqual(['0', '1', '2', '3', '0', '1'])
  })

  it('fail together, their producer is opened again, and other transactions are not affected', async () => {
    const { group, asked, commits, rest } = opened()
    const failing = group.commit(work(0))
    await rest()
    const passing = group.commit(work(1, 1_000))
    await rest()
    asked.length = 0
    commits[0]?.reject(new OutcomeUnknownError('The answer was lost.'))
    await expect(failing).rejects.toBeInstanceOf(OutcomeUnknownError)
    await group.transactionsDecided()
    expect(asked).toEqual(['open app/one/0'])
    commits[1]?.resolve([])
    await passing
  })
})

describe('A group that begins its next generation while offsets are being stored', () => {
  it('has them stored in the next generation', async () => {
    const { group, asked, commits, rest } = opened({ present: 8 })
    const committed = group.commit(work(0))
    await rest()
    expect(asked.slice(-2)).toEqual(['app/one/0 sends 1 to out/0', 'app/one/0 stores 0@5 in 8'])
    commits[0]?.resolve([])
    await committed
  })

  it('rejects an instance that is no longer a member, and nothing is committed', async () => {
    const { group, asked, commits } = opened({ present: 9 })
    await expect(group.commit(work(0))).rejects.toBeInstanceOf(TaskMigratedError)
    await group.transactionsDecided()
    expect([commits, asked.slice(-2)]).toEqual([[], ['app/one/0 sends 1 to out/0', 'open app/one/0']])
  })
})

describe('An instance that is not a member', () => {
  it('sends nothing', async () => {
    const { group, asked } = opened({ isOut: true })
    await expect(group.commit(work(0))).rejects.toThrow('out')
    await group.transactionsDecided()
    expect(asked.filter((one) => !one.startsWith('open'))).toEqual([])
  })
})

describe('The outcome of a failed commit', () => {
  it('is decided when the producer is open again, however long that takes', async () => {
    const opening: Error[] = []
    const { group, commits, rest, ports } = opened({ opening })
    const failing = group.commit(work(0))
    await rest()
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
    const { group, asked, commits, rest } = opened()
    const failing = group.commit(work(0))
    await rest()
    asked.length = 0
    group.close()
    commits[0]?.reject(new OutcomeUnknownError('The answer was lost.'))
    await expect(failing).rejects.toThrow()
    await rest()
    expect(asked).toEqual([0, 1, 2, 3].map((at) => `close app/one/${at}`))
    await expect(group.transactionsDecided()).rejects.toThrow('The instance stops')
  })
})
