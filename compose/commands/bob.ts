/**
 * `npm run bob -- processor|api [--kafka host:port,…] [--registry URL] …`: one process of a bank on Kafka. Each kind loads only what it needs:
 * how long a processor takes to come back is how long its tasks stand still.
 */
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { StateLockedError } from '../../state/index.ts'
import { IncompatibleSchemaError } from '../../schemas/index.ts'
import { BrokerError, FatalStreamsError } from '../../topology/index.ts'
import { ConfigurationError } from '../configuration.ts'
import { createLogger } from '../logger.ts'
import { readApi, readProcessor, type ProcessFlags } from '../processes/process-configuration.ts'
import { stopRequested } from '../run/stop-requested.ts'

const PAGE = fileURLToPath(new URL('../web', import.meta.url))

const program = new Command('bob').description('One process of a bank on Kafka; as many of each kind as wanted.')

command('processor', 'An instance of the engine: works on the tasks that the group gives it.')
  .option('--instance <name>', 'by which it is known to the others, also after a restart (default: machine and number)')
  .option('--data <directory>', 'where it keeps its state (default data/processors)')
  .option('--port <number>', 'where others ask it (default: any free one)')
  .option('--standbys <number>', 'on how many others each task’s state is copied; the same for all processors (default 0)')
  .action((flags: ProcessFlags) => expected(() => runProcessor(flags)))
command('api', 'GraphQL and the page.')
  .option('--port <number>', 'where they are served (default 8181)')
  .action((flags: ProcessFlags) => expected(() => runApi(flags)))
await program.parseAsync()

function command(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--kafka <addresses>', 'host:port of some brokers, with commas between (default localhost:9092)')
    .option('--registry <url>', 'of the schema registry (default: the one of "npm run kafka")')
}

async function runProcessor(flags: ProcessFlags): Promise<void> {
  const { startProcessor } = await import('../processes/processor-process.ts')
  const configuration = readProcessor(flags)
  const stopped = stopRequested(undefined)
  const processor = await startProcessor(configuration, createLogger(configuration.logLevel))
  process.stdout.write(`Processor ${processor.instanceId} answers at ${processor.url}; Ctrl-C hands its tasks over.\n`)
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
  const api = await startApi(configuration, PAGE, createLogger(configuration.logLevel))
  process.stdout.write(`Page and API at ${api.url}; Ctrl-C stops them.\n`)
  await stopped
  await api.close()
}

/** What a user can put right is one sentence. */
async function expected(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const kinds = [BrokerError, ConfigurationError, FatalStreamsError, IncompatibleSchemaError, StateLockedError]
    if (!(error instanceof Error) || !(kinds.some((kind) => error instanceof kind) || isPortTaken(error))) throw error
    const advice = error instanceof FatalStreamsError ? ' "npm run topics -- plan" says what is otherwise than declared.' : ''
    process.stderr.write(`${error.message}${advice}\n`)
    process.exitCode = 1
  }
}

function isPortTaken(error: Error): boolean {
  return 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')
}
