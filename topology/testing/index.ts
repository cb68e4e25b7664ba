/**
 * Support for tests. `TopologyTestDriver` runs a topology record by record, with all that production has but time and other
 * instances: it is there for the engine's users as well. `runConformance` replays what Kafka Streams was recorded to do and reports
 * what differs. `memoryBroker` is the embedded broker without a disk, `override` changes a part of it.
 */
export { TopologyTestDriver } from './test-driver/topology-test-driver.ts'
export type { TestDriverOptions } from './test-driver/topology-test-driver.ts'
export type { PipeOptions, TestInput } from './test-driver/test-input.ts'
export type { TestOutput } from './test-driver/test-output.ts'
export type { TestRecord } from './test-driver/test-record.ts'
export type { TestSerdes } from './test-driver/test-serdes.ts'
export { memoryBroker } from './memory-broker.ts'
export { override } from './override.ts'
export { TestLog } from './test-log.ts'
export { manualPorts } from './manual-ports.ts'
export type { ManualPorts } from './manual-ports.ts'
export { OWN_VECTORS, runConformance } from './conformance/run-conformance.ts'
export type { ConformanceOptions } from './conformance/run-conformance.ts'
export { mutationNames, runSimulation } from './simulator/run-simulation.ts'
export type { SimulationOptions } from './simulator/run-simulation.ts'
export { simulate } from './simulator/simulate.ts'
export type { SeedResult } from './simulator/simulate.ts'
export { ledgerScenario } from './simulator/ledger-scenario.ts'
export type { LogRecord, Logs, Scenario, Stimulus } from './simulator/scenario.ts'
export { measureBareLoop } from '../broker/kafka/testing/bare-loop.ts'
