/** `npm run kafka -- [--brokers 3] [--version X] [--port N] [--data DIR]`: runs Apache Kafka and a schema registry on this machine, without containers. */
import { Command, InvalidArgumentError } from 'commander'
import { join, resolve } from 'node:path'
import { LocalKafka } from '../kafka/local-kafka.ts'
import { LocalRegistry } from '../kafka/local-registry.ts'
import { MissingToolError } from '../kafka/missing-tool-error.ts'
import { fetchPackages, KAFKA_VERSION } from '../kafka/packages.ts'
import { stopRequested } from '../run/stop-requested.ts'

const program = new Command('kafka')
  .option('--brokers <number>', 'number of brokers: 1 or 3', brokerCount, 1)
  .option('--version <version>', 'version of Kafka; each version has its own data', KAFKA_VERSION)
  .option('--port <number>', 'port of the first broker; the others use the ports after it', port, 9092)
  .option('--registry-port <number>', 'port of the schema registry', port, 8081)
  .option('--data <directory>', 'where to keep packages, logs and data', join('data', 'kafka'))
  .parse()

const options = program.opts<{ brokers: number; version: string; port: number; registryPort: number; data: string }>()
const write = (line: string): void => void process.stdout.write(`${line}\n`)
const stop = stopRequested(undefined)
const cleanups: (() => Promise<void>)[] = []
try {
  const data = resolve(options.data)
  write('Starting Kafka and the schema registry; the first start downloads them, which takes about a minute …')
  const packages = await fetchPackages(join(data, 'packages'), options.version)
  const kafka = await LocalKafka.start({
    classPath: packages.kafka,
    directory: join(data, `brokers-${options.brokers}${options.version === KAFKA_VERSION ? '' : `-${options.version}`}`),
    brokers: options.brokers,
    port: options.port,
  })
  cleanups.push(() => kafka.stop())
  const registry = await LocalRegistry.start({ jar: packages.registry, directory: data, port: options.registryPort })
  cleanups.push(() => registry.stop())
  write(`Kafka     ${kafka.addresses.join(',')}  (${options.version})`)
  write(`Registry  ${registry.url}`)
  write('Press Ctrl-C to stop both.')
  await stop
} catch (error) {
  if (!(error instanceof MissingToolError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
} finally {
  for (const cleanup of cleanups.toReversed()) await cleanup()
}

function brokerCount(text: string): number {
  if (text !== '1' && text !== '3') throw new InvalidArgumentError('expected 1 or 3.')
  return Number(text)
}

function port(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1 || number > 65_000) throw new InvalidArgumentError('expected a port number.')
  return number
}
