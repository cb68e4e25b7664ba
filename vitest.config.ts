import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('.', import.meta.url))
// Two copies of graphql in one process refuse each other's schemas, so every import goes to the CommonJS entry.
const graphql = createRequire(import.meta.url).resolve('graphql')

const server = {
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] },
  test: {
    name: 'server',
    environment: 'node' as const,
    include: ['{schemas,state,topology,processors,api,compose}/**/*.test.ts'],
    exclude: ['**/*.e2e.test.ts', '**/*.kafka.test.ts', '**/*.engine.test.ts'],
    testTimeout: 30_000,
  },
}

const web = {
  plugins: [svelte()],
  resolve: { conditions: ['browser'] },
  test: {
    name: 'web',
    environment: 'jsdom' as const,
    include: ['web/**/*.test.ts'],
    testTimeout: 30_000,
  },
}

const pages = {
  resolve: server.resolve,
  test: {
    name: 'pages',
    environment: 'node' as const,
    include: ['compose/e2e/**/*.e2e.test.ts'],
    testTimeout: 120_000,
    fileParallelism: false,
  },
}

/** These need Apache Kafka and a registry, which are started for them. */
const kafka = {
  resolve: server.resolve,
  test: {
    name: 'kafka',
    environment: 'node' as const,
    include: ['{schemas,topology,compose}/**/*.kafka.test.ts'],
    globalSetup: ['compose/kafka/testing/global-setup.ts'],
    testTimeout: 60_000,
    fileParallelism: false,
  },
}

/** The adapter's own tests on the oldest version of Kafka that it promises to work with. */
const oldestKafka = {
  resolve: server.resolve,
  test: {
    ...kafka.test,
    name: 'kafka-oldest',
    include: ['topology/broker/kafka/**/*.kafka.test.ts'],
  },
}

/** These need an engine with the bank's images, which `.ci/containers` installs. */
const containers = {
  resolve: server.resolve,
  test: {
    name: 'containers',
    environment: 'node' as const,
    include: ['compose/containers/*.engine.test.ts'],
    testTimeout: 120_000,
    fileParallelism: false,
  },
}

export default defineConfig({
  root,
  test: {
    projects: [server, web, pages, kafka, oldestKafka, containers],
    reporters: ['default', './compose/testing/total-line-reporter.ts'],
    maxWorkers: 2,
  },
})
