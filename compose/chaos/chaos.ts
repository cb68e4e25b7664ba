import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bankSubjects } from '../../processors/index.ts'
import { ConfluentRegistry } from '../../schemas/index.ts'
import { KafkaBroker, systemPorts } from '../../topology/index.ts'
import { LocalKafka } from '../kafka/local-kafka.ts'
import { LocalRegistry } from '../kafka/local-registry.ts'
import { fetchPackages } from '../kafka/packages.ts'
import { Synchroniser } from '../topics/synchroniser.ts'
import { ChaosRun, type RunReport } from './chaos-run.ts'
import { Clients } from './clients.ts'
import { DroppingProxy } from './dropping-proxy.ts'
import { Fleet } from './fleet.ts'
import type { Mishap } from './mishaps.ts'
import type { Verdict } from './verifier/judge.ts'
import { verify } from './verifier/verify.ts'
import { verifyState } from './verifier/verify-state.ts'

export interface ChaosOptions {
  /** Processor kills to reach. */
  readonly kills: number
  readonly minutes: number
  readonly brokers: 1 | 3
  readonly seed: number
  /** The only ones to inflict; undefined: all. */
  readonly mishaps: readonly Mishap[] | undefined
  /** Standbys per task. */
  readonly standbys: number
  /** Directory that keeps Kafka's packages between runs. */
  readonly packages: string
  onLine(text: string): void
}

export interface ChaosResult extends Omit<RunReport, 'disturbances' | 'crashPoints'>, Omit<Verdict, 'hangingTransactions'> {
  readonly seed: number
  /** Number of crash points at which a processor killed itself. */
  readonly crashPoints: number
  /** Responses of Kafka that the proxies dropped. */
  readonly droppedAnswers: number
  readonly ordered: number
  readonly acknowledged: number
  /** Stores that differ from their changelogs, and tasks with too few up-to-date copies. */
  readonly stateErrors: number
  readonly comparedStores: number
  /** Errors in the processes' logs. */
  readonly loggedErrors: number
  /** How often a task's local state was deleted because it could not be trusted. */
  readonly wipes: number
  /** Longest time from an order to its answer. */
  readonly outageMsMax: number
  /** Longest time without a commit of a task with work, by mishap. */
  readonly silenceMs: Readonly<Record<string, number>>
  /** The same, but of each kind of mishap the one in the middle. */
  readonly silenceMsMedian: Readonly<Record<string, number>>
  readonly hangingTransactions: number
}

const PARTITIONS = 4
const SUBTOPOLOGIES = 6
const IDLE_TIMEOUT_MS = 120_000

/**
 * Runs a bank on a Kafka of its own, breaks its processes and connections under load, and lets an independent verifier judge the topics and
 * the state on disk. Keeps the directory if the result is not sound.
 */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const directory = await mkdtemp(join(tmpdir(), 'bob-chaos-'))
  const cleanups: (() => Promise<unknown>)[] = []
  try {
    const packages = await fetchPackages(options.packages)
    const proxies = await Promise.all(Array.from({ length: options.brokers }, () => DroppingProxy.listen()))
    cleanups.push(() => Promise.all(proxies.map((proxy) => proxy.close())))
    const kafka = await LocalKafka.start({
      classPath: packages.kafka,
      directory: join(directory, 'kafka'),
      brokers: options.brokers,
      proxies: proxies.map(({ port }) => port),
    })
    cleanups.push(() => kafka.stop())
    for (const [at, broker] of kafka.brokers.entries()) {
      const proxy = proxies[at]
      if (proxy !== undefined) proxy.target = broker.proxiedPort ?? 0
    }
    await mkdir(join(directory, 'registry'))
    const registry = await LocalRegistry.start({ jar: packages.registry, directory: join(directory, 'registry') })
    cleanups.push(() => registry.stop())
    await makeTopics(kafka.addresses, registry.url)
    const fleet = new Fleet({
      kafka: proxies.map(({ port }) => `127.0.0.1:${port}`),
      registry: registry.url,
      directory: join(directory, 'bob'),
      standbys: options.standbys,
      asBuilt: true,
    })
    cleanups.push(() => fleet.kill())
    const tasks = PARTITIONS * SUBTOPOLOGIES
    const run = new ChaosRun(options, { kafka, proxies, fleet, partitions: PARTITIONS, tasks, standbys: options.standbys })
    await run.start()
    const clients = await Clients.open({ url: await fleet.startApi(), partitions: PARTITIONS })
    clients.start()
    options.onLine(`Three processors and an API run; ${options.kills} kills in ${options.minutes} minutes, seed ${options.seed}.`)
    const report = await run.go(clients)
    await clients.stop()
    options.onLine('All orders are answered; waiting until all tasks are idle.')
    await fleet.idle(tasks, IDLE_TIMEOUT_MS)
    await fleet.stop()
    const result = await resultOf(options, report, { clients, fleet, proxies, kafka: kafka.addresses[0] ?? '', registry: registry.url })
    if (isSound(result)) cleanups.unshift(() => rm(directory, { recursive: true, force: true }))
    else options.onLine(`State and logs are kept in ${directory}.`)
    return result
  } catch (error) {
    options.onLine(`The logs of all processes are in ${directory}.`)
    throw error
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup()
  }
}

/** Nothing was lost, doubled or wrong. */
export function isSound({
  lost,
  doubled,
  wipes,
  stateErrors,
  loggedErrors,
  hangingTransactions,
  faults,
  booksBalanced,
}: ChaosResult): boolean {
  return lost + doubled + wipes + stateErrors + loggedErrors + hangingTransactions + faults.length === 0 && booksBalanced
}

async function makeTopics(kafka: readonly string[], registry: string): Promise<void> {
  const broker = await KafkaBroker.open({ addresses: kafka, ports: systemPorts() })
  try {
    const synchroniser = new Synchroniser({
      broker,
      registry: new ConfluentRegistry({ url: registry }),
      subjectsOf: bankSubjects('record'),
      partitions: PARTITIONS,
      replication: 3,
      prune: false,
      addPartitions: false,
    })
    const left = await synchroniser.apply(await synchroniser.plan())
    if (!left.matches) throw new Error(`The topics still differ from their declaration after they were created: ${JSON.stringify(left)}`)
  } finally {
    await broker.close()
  }
}

interface FinishedRun {
  readonly clients: Clients
  readonly fleet: Fleet
  readonly proxies: readonly DroppingProxy[]
  /** Address of a broker. */
  readonly kafka: string
  readonly registry: string
}

/** Verifies topics and state; all processes have ended. */
async function resultOf(
  { seed, standbys }: ChaosOptions,
  { disturbances, crashPoints, ...report }: RunReport,
  { clients, fleet, proxies, kafka, registry }: FinishedRun,
): Promise<ChaosResult> {
  const { orders, acknowledged } = clients
  const verdict = await verify({ kafka, registry, transfers: orders })
  const state = await verifyState({ kafka, directory: fleet.directory, standbys, disturbances })
  return {
    seed,
    ...report,
    crashPoints: crashPoints.length,
    droppedAnswers: proxies.reduce((sum, { dropped }) => sum + dropped, 0),
    ordered: orders.length,
    acknowledged,
    ...verdict,
    hangingTransactions: verdict.hangingTransactions + state.hangingTransactions,
    stateErrors: state.stateFaults.length,
    comparedStores: state.comparedStores,
    loggedErrors: fleet.errors,
    wipes: fleet.wipes,
    outageMsMax: Math.max(0, ...Object.values(report.outageMs)),
    silenceMs: state.silenceMs,
    silenceMsMedian: state.silenceMsMedian,
    faults: [...verdict.faults, ...state.stateFaults],
  }
}
