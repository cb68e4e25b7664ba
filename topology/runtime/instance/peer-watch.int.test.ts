import { describePeerWatch } from '../testing/peer-watch.contract.ts'

describePeerWatch('the embedded broker', async () => undefined)
