import { systemPorts } from '../../system-ports.ts'
import { memoryBroker } from '../../testing/memory-broker.ts'
import { describeMixedVersions } from './testing/mixed-versions.contract.ts'

const quiet = (): void => undefined

describeMixedVersions('the embedded broker', {
  open: () => memoryBroker(systemPorts({ debug: quiet, info: quiet, warn: quiet, error: quiet })),
  sessionTimeoutMs: 400,
  settlesInMs: 20_000,
})
