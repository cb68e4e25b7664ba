import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  createRecordBatchBuilder,
  KafkaBroker,
  levelTaskStorages,
  partitionOf,
  Streams,
  systemPorts,
  type Broker,
} from '../../topology/index.ts'
import { countTopology } from './count.ts'
import { fill, PARTITIONS, type Workplace } from './workplace.ts'

export interface Recovered {
  readonly records: number
  /** From SIGKILL until every partition has a committed output again; the process is restarted at once. */
  readonly processingAgainMs: number
  /** Records restored from changelogs meanwhile. */
  readonly restoredRecords: number
  /** Records of the largest transaction in the changelog. */
  readonly largestTransaction: number
}

/** What the process under test prints, one line of JSON per report. */
interface Progress {
  readonly records: number
  readonly restored: number
}

const LAUNCHER = 'compose/launch.mjs'
const REPORT_INTERVAL_MS = 50
const PER_ROUND = 200
const ROUND_MS = 20

/** Kills a process that counts keys under load, restarts it on the same machine, and measures how long it takes to process again. */
export async function benchRecover({ broker, addresses }: Workplace, keys: number): Promise<Recovered> {
  if (addresses.length === 0)
    throw new Error('"recover" kills the process under test, which must not contain the broker: use --broker kafka.')
  await broker.admin.createTopics(['in', 'out'].map((name) => ({ name, partitions: PARTITIONS })))
  const value = Buffer.alloc(100, 'v')
  await fill(broker, 'in', keys, (at) => ({ key: Buffer.from(`key-${at}`), value }))
  const directory = await mkdtemp(join(tmpdir(), 'bob-recover-'))
  const load = new Load(broker, keys, value)
  let worker = Worker.start(addresses, directory)
  try {
    await worker.until(({ records }) => records >= keys)
    load.start()
    await worker.until(({ records }) => records >= keys + 10 * PER_ROUND)
    const killedAt = performance.now()
    await worker.kill()
    const ends = await broker.admin.listOffsets(partitionsOf('out'), 'latest')
    worker = Worker.start(addresses, directory)
    await outputsBeyond(
      broker,
      ends.map(({ offset }) => offset),
    )
    const processingAgainMs = Math.round(performance.now() - killedAt)
    const { restored } = await worker.until(({ records }) => records > 0)
    return { records: keys, processingAgainMs, restoredRecords: restored, largestTransaction: await largestTransaction(broker) }
  } finally {
    await load.stop()
    await worker.kill()
    await rm(directory, { recursive: true, force: true })
  }
}

/** The process under test: counts until it is killed. */
export async function runWorker(addresses: readonly string[], directory: string): Promise<void> {
  const ports = systemPorts()
  const broker = await KafkaBroker.open({ addresses, ports })
  const storages = levelTaskStorages(directory)
  const streams = new Streams({ topology: countTopology(), applicationId: 'bench', instanceId: 'worker', broker, ports, storages })
  await streams.start()
  for (;;) {
    const tasks = streams.tasks()
    const sum = (figure: 'records' | 'restored'): number => tasks.reduce((total, task) => total + task[figure], 0)
    process.stdout.write(`${JSON.stringify({ records: sum('records'), restored: sum('restored') } satisfies Progress)}\n`)
    await ports.timers.sleep(REPORT_INTERVAL_MS)
  }
}

class Worker {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #progress: Progress = { records: 0, restored: 0 }
  #wake = (): void => undefined

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#ended = once(child, 'exit')
    if (child.stdout === null) throw new Error('The process under test has no stdout.')
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#progress = JSON.parse(line) as Progress
      this.#wake()
    })
  }

  static start(addresses: readonly string[], directory: string): Worker {
    const args = [LAUNCHER, 'bench', 'recover', '--worker', directory, '--kafka', addresses.join(',')]
    return new Worker(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
  }

  async until(condition: (progress: Progress) => boolean): Promise<Progress> {
    while (!condition(this.#progress)) {
      await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), this.#ended])
      if (this.#child.exitCode !== null) throw new Error(`The process under test ended with exit code ${this.#child.exitCode}.`)
    }
    return this.#progress
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}

/** Keeps sending records, so that the restarted process has input. */
class Load {
  readonly #broker: Broker
  readonly #keys: number
  readonly #value: Buffer
  #working: Promise<void> | undefined
  #isStopped = false

  constructor(broker: Broker, keys: number, value: Buffer) {
    this.#broker = broker
    this.#keys = keys
    this.#value = value
  }

  start(): void {
    this.#working = this.#work()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#working
  }

  async #work(): Promise<void> {
    const producer = await this.#broker.openProducer({})
    const builders = Array.from({ length: PARTITIONS }, () => createRecordBatchBuilder())
    for (let at = 0; !this.#isStopped; at += PER_ROUND) {
      for (const builder of builders) builder.reset()
      for (let index = at; index < at + PER_ROUND; index++) {
        const key = Buffer.from(`key-${index % this.#keys}`)
        builders[partitionOf(key, PARTITIONS)]?.append(key, this.#value, Date.now())
      }
      for (const [partition, builder] of builders.entries()) await producer.send('in', partition, builder)
      await producer.commit()
      await systemPorts().timers.sleep(ROUND_MS)
    }
    await producer.close()
  }
}

function partitionsOf(topic: string): readonly { readonly topic: string; readonly partition: number }[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))
}

/** Resolves when every partition has a committed output at or after its offset. */
async function outputsBeyond(broker: Broker, offsets: readonly number[]): Promise<void> {
  const fetcher = broker.openFetcher()
  const waiting = new Set(offsets.keys())
  const next = [...offsets]
  while (waiting.size > 0) {
    const asked = [...waiting].map((partition) => ({ topic: 'out', partition, offset: next[partition] ?? 0 }))
    for (const { partition, batches, nextOffset } of await fetcher.fetch(asked, { maxWaitMs: 100 })) {
      if (batches.length > 0) waiting.delete(partition)
      next[partition] = nextOffset
    }
  }
  await fetcher.close()
}

/** Batches with contiguous offsets belong to one transaction, because the offset after its last record is taken by the commit marker. */
async function largestTransaction(broker: Broker): Promise<number> {
  const topic = 'bench-counts-changelog'
  const fetcher = broker.openFetcher()
  let largest = 0
  for (const { partition } of partitionsOf(topic)) {
    const [end] = await broker.admin.listOffsets([{ topic, partition }], 'latest')
    let current = 0
    let expected = -1
    for (let offset = 0; offset < (end?.offset ?? 0);) {
      const [fetched] = await fetcher.fetch([{ topic, partition, offset }], { maxWaitMs: 0 })
      if (fetched === undefined) continue
      for (const batch of fetched.batches) {
        current = batch.baseOffset === expected ? current + batch.recordCount : batch.recordCount
        expected = batch.lastOffset + 1
        largest = Math.max(largest, current)
      }
      offset = fetched.nextOffset
    }
  }
  await fetcher.close()
  return largest
}
