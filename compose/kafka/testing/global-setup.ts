import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { LocalKafka } from '../local-kafka.ts'
import { LocalRegistry } from '../local-registry.ts'
import { fetchPackages } from '../packages.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Base URL of the registry's API that is compatible with Confluent's. */
    registry: string
    /** Class path of Apache Kafka, for tests that start their own brokers. */
    kafkaClassPath: string
  }
}

/** One broker and one registry for all tests of a run, on free ports, in a temporary directory. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const packages = await fetchPackages(join(project.config.root, 'data/kafka/packages'))
  const directory = await mkdtemp(join(tmpdir(), 'bob-kafka-'))
  const ends: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })]
  const end = async (): Promise<void> => {
    for (let last = ends.pop(); last !== undefined; last = ends.pop()) await last()
  }
  try {
    const kafka = await LocalKafka.start({
      classPath: packages.kafka,
      directory,
      brokers: 1,
      settings: { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000', 'log.cleaner.backoff.ms': '200' },
    })
    ends.push(() => kafka.stop())
    const registry = await LocalRegistry.start({ jar: packages.registry, directory })
    ends.push(() => registry.stop())
    project.provide('kafka', kafka.addresses)
    project.provide('registry', registry.url)
    project.provide('kafkaClassPath', packages.kafka)
    return end
  } catch (error) {
    await end()
    throw error
  }
}
