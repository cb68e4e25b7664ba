/**
 * Support for tests. `DirectDriver` runs a topology without a broker, record by record; `runConformance` replays what Kafka
 * Streams was recorded to do and reports what differs.
 */
export { DirectDriver } from './direct-driver.ts'
export { OWN_VECTORS, runConformance } from './conformance/run-conformance.ts'
export type { ConformanceOptions } from './conformance/run-conformance.ts'
