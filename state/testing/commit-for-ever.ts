/** A process for a test to kill: every commit writes its number into all rows, then the process prints the number. */
import { openLevelStorage } from '../leveldb/index.ts'
import { openTaskState } from '../open-task-state.ts'
import { Serdes } from '../serdes.ts'
import type { KeyValueStore } from '../store.ts'
import { Stores } from '../stores.ts'

const [directory = ''] = process.argv.slice(2)
const spec = Stores.keyValue({ name: 'rows', key: Serdes.string, value: Serdes.string })
const state = await openTaskState({ storage: await openLevelStorage({ directory, writeBufferBytes: 64 << 10 }), stores: [spec] })
const store = state.store('rows') as KeyValueStore<string, string>
for (let commit = (state.position('rows') ?? 0) + 1; ; commit++) {
  for (let row = 0; row < 20; row++) store.put(`row ${row}`, `of commit ${commit}`)
  await state.commit(new Map([['rows', commit]]))
  process.stdout.write(`${commit}\n`)
}
