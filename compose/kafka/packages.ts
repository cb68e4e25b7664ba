import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { MissingToolError } from './missing-tool-error.ts'
import { runTool } from './run-tool.ts'

/** The version that the tests and `npm run kafka` run on, and that the containers use. */
export const KAFKA_VERSION = '4.4.0'
/** The oldest version that the adapter promises to work with; its contract is also tested on it. */
export const OLDEST_KAFKA_VERSION = '4.0.2'
const APICURIO_VERSION = '3.3.3'
const LOG4J_VERSION = '2.25.1'
const VERSION = /^\d+\.\d+\.\d+$/

/** Where the downloaded programs are. */
export interface Packages {
  /** Class path of Apache Kafka and of its command-line tools. */
  readonly kafka: string
  /** The registry's runnable jar. */
  readonly registry: string
}

function pomFor(kafkaVersion: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>bob</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${kafkaVersion}</version></dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${kafkaVersion}</version>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>${LOG4J_VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>${LOG4J_VERSION}</version></dependency>
  </dependencies>
</project>
`
}

/**
 * Downloads Kafka and the registry by their Maven coordinates, unless they are in the directory already. Maven's own settings choose the
 * repository. Each version has a directory of its own. Throws `MissingToolError`.
 */
export async function fetchPackages(directory: string, kafkaVersion = KAFKA_VERSION): Promise<Packages> {
  if (!VERSION.test(kafkaVersion)) throw new MissingToolError(`Kafka has no version "${kafkaVersion}": name one like ${KAFKA_VERSION}.`)
  const cache = resolve(directory)
  const kafka = join(cache, `kafka-${kafkaVersion}-with-tools`)
  const registry = join(cache, `apicurio-${APICURIO_VERSION}`)
  await createOnce(kafka, async (directory) => {
    await writeFile(join(directory, 'pom.xml'), pomFor(kafkaVersion))
    await maven(directory, ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(directory, 'lib')}`])
  })
  await createOnce(registry, async (directory) => {
    const artifact = `io.apicurio:apicurio-registry-app:${APICURIO_VERSION}:tar.gz:all`
    await maven(directory, ['dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${directory}`])
  })
  return { kafka: join(kafka, 'lib', '*'), registry: join(registry, topDirectory(registry), 'quarkus-run.jar') }
}

/** Creates the directory atomically, so that an interrupted download is repeated. */
async function createOnce(directory: string, fill: (directory: string) => Promise<void>): Promise<void> {
  if (existsSync(directory)) return
  const unfinished = `${directory}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true })
  await fill(unfinished)
  await rename(unfinished, directory)
}

async function maven(directory: string, goal: readonly string[]): Promise<void> {
  await runTool('mvn', ['--version']).catch((error: unknown) => {
    throw new MissingToolError('Maven (`mvn`) was not found, and is needed to download Kafka: install it.', { cause: error })
  })
  await runTool('mvn', ['--batch-mode', '--quiet', ...goal], directory)
}

/** The archive holds one top-level directory, or the files themselves. */
function topDirectory(registry: string): string {
  return existsSync(join(registry, 'quarkus-run.jar')) ? '' : (readdirSync(registry).find((name) => name.startsWith('apicurio')) ?? '')
}
