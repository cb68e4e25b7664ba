import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { LocalKafka } from '../local-kafka.ts'
import { LocalRegistry } from '../local-registry.ts'
import { fetchPackages, KAFKA_VERSION, OLDEST_KAFKA_VERSION } from '../packages.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Base URL of the registry's API that is compatible with Confluent's. */
    registry: string
    /** The version of Apache Kafka. */
    kafkaVersion: string
  }
}

/**
 * One broker and one registry for all tests of a project, on free ports, in a temporary directory. The project `kafka-oldest` runs on the oldest
 * version; BOB_TEST_KAFKA_VERSION chooses another one for the project `kafka`.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const version = project.name === 'kafka-oldest' ? OLDEST_KAFKA_VERSION : (process.env.BOB_TEST_KAFKA_VERSION ?? KAFKA_VERSION)
  const packages = await fetchPackages(join(project.config.root, 'data/kafka/packages'), version)
  const directory = await mkdtemp(join(tmpdir(), 'bob-kafka-'))
  const cleanups: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })]
  const cleanUp = async (): Promise<void> => {
    for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) await cleanup()
  }
  try {
    const kafka = await LocalKafka.start({
      classPath: packages.kafka,
      directory,
      brokers: 1,
      settings: { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000', 'log.cleaner.backoff.ms': '200' },
    })
    cleanups.push(() => kafka.stop())
    const registry = await LocalRegistry.start({ jar: packages.registry, directory })
    cleanups.push(() => registry.stop())
    project.provide('kafka', kafka.addresses)
    project.provide('registry', registry.url)
    project.provide('kafkaClassPath', packages.kafka)
    project.provide('kafkaVersion', version)
    return cleanUp
  } catch (error) {
    await cleanUp()
    throw error
  }
}
