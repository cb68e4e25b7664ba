/**
 * `npm run bob -- processor|api [--kafka host:port,…] [--registry URL] …`: one process of a bank on Kafka. Each subcommand imports only
 * what it needs, because a restarting processor's tasks are idle until its modules are loaded (DECISIONS 73).
 */
import { exit } from 'node:process'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { StateLockedError } from '../../state/index.ts'
import { IncompatibleSchemaError } from '../../schemas/index.ts'
import { BrokerError, FatalStreamsError, systemPorts, type Logger } from '../../topology/index.ts'
import { ConfigurationError } from '../configuration-error.ts'
import { createLogger } from '../logger.ts'
import { readApi, readProcessor, type ProcessFlags } from '../processes/process-configuration.ts'
import { announceReady } from '../processes/ready-message.ts'
import { whenReachable } from '../processes/when-reachable.ts'
import { keepFilesPrivate } from '../private-files.ts'
import { stopRequested } from '../run/stop-requested.ts'

const PAGE = fileURLToPath(new URL('../web', import.meta.url))

const program = new Command('bob').description('One process of a bank on Kafka. Run any number of each kind.')

command('processor', 'An instance of the engine: processes the tasks that the group assigns to it.')
  .option('--instance <name>', 'instance id, stable across restarts (default: host name and a number)')
  .option('--data <directory>', 'where to keep local state (default data/processors)')
  .option('--port <number>', 'where other processes query it (default: the port of its last run, or any free one)')
  .option('--standbys <number>', 'standbys per task; must be the same on all processors (default 0)')
  .action((flags: ProcessFlags) => expected(() => runProcessor(flags)))
command('api', 'Serves GraphQL and the page.')
  .option('--port <number>', 'port to listen on (default 8181)')
  .action((flags: ProcessFlags) => expected(() => runApi(flags)))
keepFilesPrivate()
await program.parseAsync()

function command(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--kafka <addresses>', 'bootstrap brokers as host:port, comma-separated (default localhost:9092)')
    .option('--registry <url>', 'URL of the schema registry (default: the one of "npm run kafka")')
}

async function runProcessor(flags: ProcessFlags): Promise<void> {
  const { startProcessor } = await import('../processes/processor-process.ts')
  const configuration = readProcessor(flags)
  const stopped = stopRequested(undefined)
  const processor = await started(configuration, stopped, (logger) => startProcessor(configuration, logger))
  announceReady(processor.url)
  process.stdout.write(`Processor ${processor.instanceId} answers at ${processor.url}; Ctrl-C stops it and releases its tasks.\n`)
  try {
    await Promise.race([stopped, processor.failed])
  } finally {
    await processor.close()
  }
}

async function runApi(flags: ProcessFlags): Promise<void> {
  const { startApi } = await import('../processes/api-process.ts')
  const configuration = readApi(flags)
  const stopped = stopRequested(undefined)
  const api = await started(configuration, stopped, (logger) => startApi(configuration, PAGE, logger))
  announceReady(api.url)
  process.stdout.write(`Page and API at ${api.url}; Ctrl-C stops them.\n`)
  await stopped
  await api.close()
}

/** Ends the process when it is to stop before it has started. */
async function started<T>(
  { logLevel }: { readonly logLevel: string },
  stopped: Promise<void>,
  start: (logger: Logger) => Promise<T>,
): Promise<T> {
  const logger = createLogger(logLevel)
  const process = await whenReachable({ start: () => start(logger), stopped, logger, timers: systemPorts(logger).timers })
  return process ?? exit(0)
}

/** Errors that the operator can resolve print their message alone; any other error is a bug and keeps its stack. */
async function expected(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const kinds = [BrokerError, ConfigurationError, FatalStreamsError, IncompatibleSchemaError, StateLockedError]
    if (!(error instanceof Error) || !(kinds.some((kind) => error instanceof kind) || isPortTaken(error))) throw error
    const advice = error instanceof FatalStreamsError ? ' Run "npm run topics -- plan" to see what differs from the declaration.' : ''
    process.stderr.write(`${error.message}${advice}\n`)
    process.exitCode = 1
  }
}

function isPortTaken(error: Error): boolean {
  return 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')
}
