import type { LocalKafka } from '../kafka/local-kafka.ts'
import type { CrashPlan, CrashPoint } from '../processes/crash-points.ts'
import type { Clients } from './clients.ts'
import { CrashDeck } from './crash-deck.ts'
import { Dice } from './dice.ts'
import type { DroppingProxy } from './dropping-proxy.ts'
import type { Fleet } from './fleet.ts'
import { mishapsOf, type Mishap } from './mishaps.ts'
import type { Disturbance } from './verifier/silences.ts'

/** What the run breaks. */
export interface TestBed {
  readonly kafka: LocalKafka
  readonly proxies: readonly DroppingProxy[]
  readonly fleet: Fleet
  readonly partitions: number
  readonly tasks: number
  readonly standbys: number
}

export interface RunOptions {
  /** Processor kills to reach; only kills of a working processor count. */
  readonly kills: number
  readonly minutes: number
  readonly seed: number
  /** The only ones to inflict; undefined: all. */
  readonly mishaps: readonly Mishap[] | undefined
  onLine(text: string): void
}

/** What the run did, and what it measured from outside. */
export interface RunReport {
  readonly kills: number
  readonly zombies: number
  readonly gracefulStops: number
  readonly brokerKills: number
  readonly addedInstances: number
  readonly crashPoints: readonly CrashPoint[]
  readonly restoredRecordsMax: number
  readonly outageMs: Readonly<Record<string, number>>
  readonly disturbances: readonly Disturbance[]
}

const PROCESSORS = ['processor-1', 'processor-2', 'processor-3'] as const
const ADDED = 'processor-4'
const IDLE_TIMEOUT_MS = 120_000
const PROGRESS_TIMEOUT_MS = 120_000
/** Mishaps are spread over this share of the time; the rest is a reserve for slow ones. */
const SHARE_OF_TIME = 0.4
/** Transfers that must be acknowledged before and after each mishap: it must hit work, and work must go on. */
const PROGRESS = 5
const POLL_MS = 50
const SESSION_MS = 6_000
const BROKER_DOWN_MS = 1_500
const CALM_MS = 1_000
/** A processor that commits within this time is working. */
const WORKING_MS = 1_000
/** Longest wait for a processor to reach its crash point. */
const CRASH_TIMEOUT_MS = 15_000

/** Breaks processes and connections of a bank under load, one mishap after the other, and checks that work goes on after each. */
export class ChaosRun {
  readonly #options: RunOptions
  readonly #testBed: TestBed
  readonly #dice: Dice
  readonly #counts = { kills: 0, zombies: 0, gracefulStops: 0, brokerKills: 0, addedInstances: 0 }
  readonly #outageMs: Record<string, number> = {}
  readonly #disturbances: Disturbance[] = []
  readonly #reached = new Set<CrashPoint>()
  readonly #deck: CrashDeck
  /** Crash points at which running processors will kill themselves. */
  readonly #plans = new Map<string, CrashPlan>()
  #restoredMax = 0

  constructor(options: RunOptions, testBed: TestBed) {
    this.#options = options
    this.#testBed = testBed
    this.#dice = new Dice(options.seed)
    this.#deck = new CrashDeck(this.#dice)
  }

  /** Starts the processors. */
  async start(): Promise<void> {
    const { fleet, tasks } = this.#testBed
    await Promise.all(PROCESSORS.map((name) => fleet.start(name)))
    await fleet.idle(tasks, IDLE_TIMEOUT_MS)
  }

  /** Runs until there were enough kills or the time is over, then restarts all processors. Rejects if no work is done any more. */
  async go(clients: Clients): Promise<RunReport> {
    const { kills, minutes } = this.#options
    const { fleet } = this.#testBed
    const giveUpAt = performance.now() + minutes * 60_000
    const paceMs = (SHARE_OF_TIME * minutes * 60_000) / Math.max(1, kills)
    while (this.#counts.kills < kills && performance.now() < giveUpAt) {
      const [begunAt, before] = [performance.now(), this.#counts.kills]
      await this.#restartCrashed(clients)
      await this.#inflict(clients, this.#dice.pick(mishapsOf(this.#options.mishaps)))
      const due = paceMs * Math.max(1, this.#counts.kills - before)
      await sleep(Math.max(0, Math.min(due - (performance.now() - begunAt), giveUpAt - performance.now())))
    }
    await this.#restartCrashed(clients)
    for (const name of fleet.names) if (!fleet.process(name).isRunning) await fleet.start(name)
    return {
      ...this.#counts,
      crashPoints: [...this.#reached].toSorted(),
      restoredRecordsMax: this.#restoredMax,
      outageMs: this.#outageMs,
      disturbances: this.#disturbances,
    }
  }

  async #inflict(clients: Clients, mishap: Mishap): Promise<void> {
    const name = this.#dice.pick(PROCESSORS)
    await this.#progress(clients, `before ${mishap}`)
    clients.takeOutageMs()
    const from = Date.now()
    const details = await this.#mishap(mishap, name)
    if (details === undefined) return
    await this.#progress(clients, `after ${mishap}`)
    this.#record(clients, { kind: mishap, ...details, from, to: Date.now() }, name)
    if (mishap === 'add-instance') await this.#removeAddedInstance()
  }

  /**
   * Returns a more precise kind and the affected tasks, where they differ from the default. Undefined: the mishap does not count, because the
   * processor was not working.
   */
  async #mishap(mishap: Mishap, name: string): Promise<Partial<Pick<Disturbance, 'kind' | 'tasks'>> | undefined> {
    const { fleet, kafka, proxies } = this.#testBed
    switch (mishap) {
      case 'kill':
        if (!(await this.#isWorking(name))) return undefined
        await this.#kill(name)
        await fleet.start(name)
        await this.#allRun()
        this.#counts.kills++
        return {}
      case 'kill-and-stay-away':
        if (!(await this.#isWorking(name))) return undefined
        await this.#kill(name)
        await this.#allRun()
        this.#counts.kills++
        await fleet.start(name)
        return {}
      case 'crash-point':
        if (!(await this.#isWorking(name))) return undefined
        await this.#kill(name)
        this.#counts.kills++
        return { kind: crashKind(await this.#crash(name)) }
      case 'pause':
        fleet.process(name).pause()
        await sleep(SESSION_MS + 2_000)
        fleet.process(name).resume()
        await this.#allRun()
        this.#counts.zombies++
        return {}
      case 'stop':
        await this.#stop(name)
        await this.#allRun()
        if (!fleet.process(name).isRunning) await fleet.start(name)
        return {}
      case 'add-instance':
        return { tasks: await this.#addInstance() }
      case 'drop-answers':
        for (const proxy of proxies) proxy.drop(1 + this.#dice.below(3))
        return {}
      case 'broker-kill': {
        const broker = kafka.brokers[this.#dice.below(kafka.brokers.length)]
        await broker?.kill()
        await sleep(BROKER_DOWN_MS)
        await broker?.start()
        await this.#allRun()
        this.#counts.brokerKills++
        return {}
      }
      default:
        return mishap satisfies never
    }
  }

  /** Adds an instance and waits until it has its share of the tasks. Returns the tasks that did not move. */
  async #addInstance(): Promise<readonly string[]> {
    const { fleet, tasks } = this.#testBed
    const before = await fleet.owners()
    await fleet.start(ADDED)
    const share = Math.floor(tasks / (PROCESSORS.length + 1))
    await this.#until('the added instance has its share of the tasks', async () => {
      const owners = await fleet.owners()
      return owners.size === tasks && [...owners.values()].filter((name) => name === ADDED).length === share
    })
    const after = await fleet.owners()
    this.#counts.addedInstances++
    return [...before].filter(([task, name]) => after.get(task) === name).map(([task]) => task)
  }

  /** Stops the added instance after a pause, so that the silences of joining and leaving can be distinguished. */
  async #removeAddedInstance(): Promise<void> {
    const { fleet } = this.#testBed
    await sleep(CALM_MS)
    await this.#stop(ADDED)
    fleet.forget(ADDED)
    await this.#allRun()
  }

  /** Starts the processor with a crash point, waits until it has killed itself there, and restarts it. Returns the point. */
  async #crash(name: string): Promise<CrashPoint> {
    const { fleet } = this.#testBed
    const plan = this.#deck.next()
    this.#plans.set(name, plan)
    try {
      await fleet.start(name, plan)
    } catch (error) {
      if ((await fleet.process(name).ended).signal !== 'SIGKILL') throw error
    }
    const other = PROCESSORS[(PROCESSORS.indexOf(name as (typeof PROCESSORS)[number]) + 1) % PROCESSORS.length]
    const isPromotion = plan.point === 'in-promotion' && other !== undefined
    if (isPromotion) await this.#promote(name, other)
    const giveUpAt = performance.now() + CRASH_TIMEOUT_MS
    while (fleet.process(name).isRunning && performance.now() < giveUpAt) await sleep(POLL_MS)
    if (!fleet.process(name).isRunning) await this.#restartAtCrashPoint(name)
    if (isPromotion && !fleet.process(other).isRunning) await fleet.start(other)
    await this.#allRun()
    return plan.point
  }

  /** Stops the other processor once this one has standbys that are caught up, so that one of them is promoted. */
  async #promote(name: string, other: string): Promise<void> {
    const { fleet, standbys } = this.#testBed
    if (standbys === 0) return
    await this.#until(`${name} has standbys`, async () => {
      const standbyTasks = (await fleet.status(name))?.tasks.filter(({ state }) => state === 'standby') ?? []
      return standbyTasks.length > 0 && standbyTasks.every(({ ageMs }) => ageMs !== undefined)
    })
    await this.#stop(other)
  }

  async #kill(name: string): Promise<void> {
    this.#plans.delete(name)
    await this.#testBed.fleet.process(name).kill()
  }

  /** Stops the processor gracefully. It may still reach its crash point on the way. */
  async #stop(name: string): Promise<void> {
    const { code, signal } = await this.#testBed.fleet.process(name).stop()
    if (signal === 'SIGKILL' && this.#plans.has(name)) return
    if (code !== 0) throw new Error(`${name} ended with ${signal ?? code} instead of a graceful stop. See its log.`)
    this.#plans.delete(name)
    this.#counts.gracefulStops++
  }

  /** Restarts processors that reached their crash point late, and counts them. */
  async #restartCrashed(clients: Clients): Promise<void> {
    const { fleet } = this.#testBed
    for (const name of fleet.names) {
      if (fleet.process(name).isRunning) continue
      const { at } = await fleet.process(name).ended
      const point = await this.#restartAtCrashPoint(name)
      await this.#allRun()
      await this.#progress(clients, 'after a late crash point')
      this.#record(clients, { kind: `late ${crashKind(point)}`, from: at, to: Date.now() }, name)
    }
  }

  /** Restarts a processor that killed itself at its crash point. Returns the point. */
  async #restartAtCrashPoint(name: string): Promise<CrashPoint> {
    const { fleet } = this.#testBed
    const { signal, code } = await fleet.process(name).ended
    const plan = this.#plans.get(name)
    if (signal !== 'SIGKILL' || plan === undefined) throw new Error(`${name} ended unexpectedly with ${signal ?? code}. See its log.`)
    this.#reached.add(plan.point)
    this.#plans.delete(name)
    await fleet.start(name)
    this.#counts.kills++
    return plan.point
  }

  /** True as soon as the processor commits; false if it does not commit for a second. */
  async #isWorking(name: string): Promise<boolean> {
    const { fleet } = this.#testBed
    const commits = async (): Promise<number> => (await fleet.status(name))?.tasks.reduce((sum, task) => sum + task.commits, 0) ?? 0
    const [before, giveUpAt] = [await commits(), performance.now() + WORKING_MS]
    while (fleet.process(name).isRunning && performance.now() < giveUpAt) {
      if ((await commits()) > before) return true
      await sleep(POLL_MS)
    }
    return false
  }

  /** Resolves when every task runs on some processor. */
  #allRun(): Promise<void> {
    return this.#until('all tasks run', async () => (await this.#testBed.fleet.owners()).size === this.#testBed.tasks)
  }

  /** Waits for acknowledged transfers, then reads how many records were restored. Rejects after a timeout. */
  async #progress(clients: Clients, when: string): Promise<void> {
    const { fleet } = this.#testBed
    const target = clients.acknowledged + PROGRESS
    await this.#until(`${PROGRESS} transfers are acknowledged ${when}`, async () => clients.acknowledged >= target)
    for (const name of fleet.names) {
      const restored = (await fleet.status(name))?.tasks.filter(({ state }) => state !== 'standby').map((task) => task.restored) ?? []
      this.#restoredMax = Math.max(this.#restoredMax, ...restored)
    }
  }

  /** Polls until the condition holds. Meanwhile processors may reach crash points planned earlier; they are restarted. */
  async #until(condition: string, isMet: () => Promise<boolean>): Promise<void> {
    const { fleet } = this.#testBed
    const giveUpAt = performance.now() + PROGRESS_TIMEOUT_MS
    while (!(await isMet())) {
      if (performance.now() > giveUpAt)
        throw new Error(`Timed out after ${PROGRESS_TIMEOUT_MS} ms waiting until ${condition}. Instances: ${await this.#statusText()}`)
      for (const name of this.#plans.keys()) if (!fleet.process(name).isRunning) await this.#restartAtCrashPoint(name)
      await sleep(POLL_MS)
    }
  }

  async #statusText(): Promise<string> {
    const { fleet } = this.#testBed
    const all = await Promise.all(fleet.names.map(async (name) => [name, await fleet.status(name)] as const))
    return JSON.stringify(
      all.map(([name, status]) => [name, status?.state, ...(status?.tasks.map((task) => `${task.name} ${task.state} ${task.lag}`) ?? [])]),
    )
  }

  #record(clients: Clients, disturbance: Disturbance, name: string): void {
    const { kind, from, to } = disturbance
    const outageMs = clients.takeOutageMs()
    this.#disturbances.push(disturbance)
    this.#outageMs[kind] = Math.max(this.#outageMs[kind] ?? 0, outageMs)
    this.#options.onLine(
      `${kind} ${name}: ${to - from} ms, longest wait ${outageMs} ms; ${this.#counts.kills} kills, ${clients.acknowledged} transfers so far`,
    )
  }
}

function crashKind(point: CrashPoint): string {
  return `crash-point ${point}`
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
