import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of the brokers. */
    kafka: readonly string[]
    /** Class path of Apache Kafka, for tests that start their own brokers or its tools. */
    kafkaClassPath: string
  }
}

/** The addresses of the brokers that were started for this test run. */
export function kafkaAddresses(): readonly string[] {
  return inject('kafka')
}
