import type { Configuration } from '../configuration.ts'
import { DEMO_CLIENT } from '../embedded/demo-client.ts'
import { checkPort } from '../embedded/port-check.ts'
import { startSystem, type System } from '../embedded/system.ts'
import { createLogger } from '../logger.ts'
import { LoadGenerator } from './load-generator.ts'
import { StartProgress } from './start-progress.ts'
import { statusLine, StatusDisplay } from './status-line.ts'
import { stopRequested } from './stop-requested.ts'

export interface RunOptions {
  readonly configuration: Configuration
  /** Generated transfers per second; 0: none. */
  readonly load: number
  /** Undefined: until Ctrl-C. */
  readonly forMs: number | undefined
  readonly json: boolean
  readonly pageDirectory: string
  readonly output: NodeJS.WriteStream
}

const CLOSING_MS = 5_000

/** The closing line of `--json`. */
export interface Summary {
  readonly transfers: number
  readonly perSecond: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly booksBalanced: boolean
  /** From the start of the process until every task runs again; null at a first start. */
  readonly restartsRecoveredMs: number | null
  readonly errors: number
}

/** Runs a bank and shows its status until it is stopped. Returns the exit code: 1 after errors, or when the books do not balance. */
export async function run({ configuration, load, forMs, json, pageDirectory, output }: RunOptions): Promise<number> {
  const logger = createLogger(configuration.logLevel)
  await checkPort(configuration.host, configuration.port)
  const progress = new StartProgress({ json, output, now: () => performance.now() })
  const system = await startSystem({ ...configuration, logger, pageDirectory, onProgress: (step, share) => progress.report(step, share) })
  const recoveredMs = Math.round(performance.now())
  const stopped = stopRequested(forMs)
  if (!json) output.write(greeting(system, configuration, recoveredMs))
  const generator = load === 0 ? undefined : await openLoad(system, load)
  generator?.start()
  const display = new StatusDisplay(output)
  const statusTimer = json ? undefined : setInterval(() => display.show(lineOf(system)), display.everyMs)
  try {
    const failure = await Promise.race([stopped, system.failed])
    if (failure !== undefined) throw await closedAfter(failure, system)
    await generator?.stop()
    await drained(system)
  } finally {
    clearInterval(statusTimer)
    if (!json) display.show(lineOf(system))
    display.end()
  }
  const booksBalanced = await system.watch.isBalancedAtRest()
  const { pending, ...figures } = generator?.summary() ?? { transfers: 0, perSecond: 0, p50Ms: null, p99Ms: null, pending: 0 }
  await system.close()
  const errors = logger.errors + pending
  const summary: Summary = { ...figures, booksBalanced, restartsRecoveredMs: system.isRestart ? recoveredMs : null, errors }
  output.write(json ? `${JSON.stringify(summary)}\n` : 'Stopped cleanly; the next start continues from here.\n')
  return booksBalanced && errors === 0 ? 0 : 1
}

function openLoad({ api: { bus }, reader, ports }: System, perSecond: number): Promise<LoadGenerator> {
  return LoadGenerator.open({ bus, reader, ports, perSecond })
}

/** Closes what can still be closed, within a few seconds. */
async function closedAfter(failure: Error, { close, ports }: System): Promise<Error> {
  await Promise.race([close().catch(() => undefined), ports.timers.sleep(CLOSING_MS)])
  return failure
}

/** Resolves when no record is left to process. */
async function drained({ cluster, ports }: System): Promise<void> {
  do {
    await ports.timers.sleep(50)
    await cluster.refreshLag()
  } while (cluster.figures().lag > 0)
}

function greeting({ api: { url }, isRestart }: System, { employee, dataDirectory, mode }: Configuration, readyMs: number): string {
  return [
    `Bob is ready after ${(readyMs / 1_000).toFixed(1)} s${isRestart ? ', and continues where it stopped' : ''}.`,
    '',
    `  Page      ${url}`,
    `  GraphQL   ${url}/graphql${mode === 'development' ? '  (in a browser: the explorer)' : ''}`,
    `  Employee  ${employee.username}${mode === 'development' ? ` / ${employee.password}` : ''}`,
    `  Client    ${mode === 'development' ? `${DEMO_CLIENT.username} / ${DEMO_CLIENT.password}, or ` : ''}sign up on the page`,
    `  Data      ${dataDirectory}`,
    '',
    'Press Ctrl-C to stop it.',
    '',
    '',
  ].join('\n')
}

function lineOf({ api, cluster }: System): string {
  return statusLine({ ...api.metrics(), instances: cluster.instances() })
}
