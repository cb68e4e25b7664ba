/** `npm run conformance -- [DIR]`: replays recorded behaviour of Kafka Streams, by default the vectors in this repository. */
import { runConformance } from '../../topology/testing/index.ts'

const dir = process.argv[2] ?? 'topology/testing/conformance/vectors'
process.exitCode = await runConformance({ dir, write: (line) => process.stdout.write(`${line}\n`) })
