/** Generated from api/schema.graphql by api/generate-web-types.ts: do not edit. */
export type Direction = 'DEBIT' | 'CREDIT'
export type TransferState = 'PENDING' | 'COMPLETED' | 'FAILED' | 'STUCK'
export type TransferStepName = 'TRANSFER_STARTED' | 'MONEY_DEBITED' | 'MONEY_CREDITED' | 'MONEY_RETURNED' | 'TRANSFER_COMPLETED' | 'TRANSFER_FAILED' | 'TRANSFER_STUCK'
export type Role = 'CLIENT' | 'EMPLOYEE'
export type WindowSize = 'MINUTE' | 'HOUR' | 'DAY'
export type AlertKind = 'BALANCE_BELOW' | 'AMOUNT_ABOVE' | 'COUNTERPARTY_NEW' | 'MANY_DEBITS'
export type InstanceState = 'STARTING' | 'REBALANCING' | 'RESTORING' | 'RUNNING' | 'STOPPED' | 'DEAD'
export type TaskState = 'RESTORING' | 'RUNNING' | 'WAITING' | 'STALLED' | 'STANDBY'
export type NodeKind = 'SOURCE' | 'PROCESSOR' | 'SINK'
export type Session = {
  readonly username: string
  readonly role: Role
}
export type SignInResult = {
  readonly session: Session | null
  readonly reason: string | null
}
export type CommandResult = {
  readonly succeeded: boolean
  readonly pending: boolean
  readonly reason: string | null
  readonly code: string | null
}
export type AccountResult = {
  readonly account: Account | null
  readonly pending: boolean
  readonly reason: string | null
  readonly code: string | null
}
export type TransferResult = {
  readonly transfer: Transfer | null
  readonly pending: boolean
  readonly reason: string | null
  readonly code: string | null
}
export type Transaction = {
  readonly id: string
  readonly iban: string
  readonly amount: string
  readonly direction: Direction
  readonly newBalance: string
  readonly changedBy: string
  readonly counterparty: string
  readonly description: string
  readonly time: number
  readonly transferId: string | null
  readonly sequence: number
}
export type Account = {
  readonly iban: string
  readonly balance: string
  readonly limit: string
  readonly owners: ReadonlyArray<string>
  readonly alertSettings: AlertSettings | null
  readonly lastTransaction: Transaction | null
}
export type AlertSettings = {
  readonly balanceBelow: string | null
  readonly amountAbove: string | null
  readonly counterpartyNew: boolean
  readonly debitsInFiveMinutes: number | null
}
export type Alert = {
  readonly id: string
  readonly iban: string
  readonly kind: AlertKind
  readonly text: string
  readonly transaction: Transaction
  readonly time: number
}
export type LastTransactionPage = {
  readonly total: number
  readonly rows: ReadonlyArray<LastTransaction>
}
export type LastTransaction = {
  readonly iban: string
  readonly owners: ReadonlyArray<string>
  readonly transaction: Transaction | null
}
export type Statement = {
  readonly iban: string
  readonly openingBalance: string
  readonly closingBalance: string
  readonly rows: ReadonlyArray<Transaction>
  readonly hasMore: boolean
}
export type TurnoverWindow = {
  readonly start: number
  readonly end: number
  readonly debits: string
  readonly credits: string
  readonly count: number
}
export type Transfer = {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly amount: string
  readonly description: string
  readonly state: TransferState
  readonly reason: string | null
  readonly code: string | null
  readonly startedAt: number
  readonly endedAt: number | null
  readonly steps: ReadonlyArray<TransferStep>
}
export type TransferStep = {
  readonly name: TransferStepName
  readonly time: number
}
export type DeadLetter = {
  readonly id: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly reason: string
  readonly time: number
  readonly key: string | null
}
export type TopologyGraph = {
  readonly description: string
  readonly subtopologies: ReadonlyArray<Subtopology>
}
export type Subtopology = {
  readonly id: number
  readonly nodes: ReadonlyArray<GraphNode>
}
export type GraphNode = {
  readonly id: string
  readonly name: string
  readonly kind: NodeKind
  readonly topics: ReadonlyArray<string>
  readonly stores: ReadonlyArray<string>
  readonly children: ReadonlyArray<string>
}
export type TopologyMetrics = {
  readonly time: number
  readonly nodes: ReadonlyArray<NodeMetrics>
  readonly transfersPerSecond: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly lag: number
  readonly booksBalanced: boolean | null
}
export type NodeMetrics = {
  readonly id: string
  readonly recordsPerSecond: number
  readonly lag: number
}
export type Instance = {
  readonly id: string
  readonly state: InstanceState
  readonly healthy: boolean
  readonly problems: ReadonlyArray<string>
  readonly tasks: ReadonlyArray<Task>
}
export type Task = {
  readonly id: string
  readonly state: TaskState
  readonly reason: string | null
  readonly record: string | null
  readonly since: number | null
  readonly lag: number
}
export type Rebalance = {
  readonly time: number
  readonly generation: number
  readonly reason: string
  readonly moved: ReadonlyArray<string>
}
export type AlertSettingsInput = {
  readonly balanceBelow?: string | null
  readonly amountAbove?: string | null
  readonly counterpartyNew?: boolean
  readonly debitsInFiveMinutes?: number | null
}
export type Operations = {
  readonly query: {
    readonly me: { readonly args: Record<string, never>; readonly result: Session | null }
    readonly transaction: { readonly args: { readonly id: string }; readonly result: Transaction | null }
    readonly transactions: { readonly args: { readonly iban: string; readonly last?: number | null; readonly before?: string | null }; readonly result: ReadonlyArray<Transaction> }
    readonly lastTransactions: { readonly args: { readonly search?: string | null; readonly first?: number | null; readonly offset?: number | null }; readonly result: LastTransactionPage }
    readonly account: { readonly args: { readonly iban: string }; readonly result: Account | null }
    readonly myAccounts: { readonly args: { readonly first?: number | null; readonly offset?: number | null }; readonly result: ReadonlyArray<Account> }
    readonly balanceAt: { readonly args: { readonly iban: string; readonly at: number }; readonly result: string | null }
    readonly statement: { readonly args: { readonly iban: string; readonly from: number; readonly to: number; readonly first?: number | null; readonly after?: string | null }; readonly result: Statement }
    readonly turnover: { readonly args: { readonly iban?: string | null; readonly window: WindowSize; readonly last?: number | null }; readonly result: ReadonlyArray<TurnoverWindow> }
    readonly transfer: { readonly args: { readonly id: string }; readonly result: Transfer | null }
    readonly stuckTransfers: { readonly args: { readonly first?: number | null; readonly offset?: number | null }; readonly result: ReadonlyArray<Transfer> }
    readonly lateTransfers: { readonly args: { readonly first?: number | null; readonly offset?: number | null }; readonly result: ReadonlyArray<Transfer> }
    readonly deadLetters: { readonly args: { readonly last?: number | null; readonly offset?: number | null }; readonly result: ReadonlyArray<DeadLetter> }
    readonly topology: { readonly args: Record<string, never>; readonly result: TopologyGraph }
    readonly instances: { readonly args: Record<string, never>; readonly result: ReadonlyArray<Instance> }
    readonly rebalances: { readonly args: { readonly last?: number | null; readonly offset?: number | null }; readonly result: ReadonlyArray<Rebalance> }
  }
  readonly mutation: {
    readonly signUp: { readonly args: { readonly username: string; readonly password: string }; readonly result: SignInResult }
    readonly signIn: { readonly args: { readonly username: string; readonly password: string }; readonly result: SignInResult }
    readonly signOut: { readonly args: Record<string, never>; readonly result: boolean }
    readonly openAccount: { readonly args: { readonly id?: string | null }; readonly result: AccountResult }
    readonly addOwner: { readonly args: { readonly iban: string; readonly username: string }; readonly result: CommandResult }
    readonly removeOwner: { readonly args: { readonly iban: string }; readonly result: CommandResult }
    readonly transfer: { readonly args: { readonly id: string; readonly from: string; readonly to: string; readonly amount: string; readonly description: string }; readonly result: TransferResult }
    readonly deposit: { readonly args: { readonly id: string; readonly to: string; readonly amount: string }; readonly result: TransferResult }
    readonly updateAlertSettings: { readonly args: { readonly iban: string; readonly settings: AlertSettingsInput }; readonly result: CommandResult }
    readonly addInstance: { readonly args: Record<string, never>; readonly result: Instance }
    readonly stopInstance: { readonly args: { readonly id: string }; readonly result: boolean }
    readonly killInstance: { readonly args: { readonly id: string }; readonly result: boolean }
  }
  readonly subscription: {
    readonly transactions: { readonly args: { readonly iban: string; readonly minAmount?: string | null; readonly maxAmount?: string | null; readonly direction?: Direction | null; readonly descriptionIncludes?: string | null; readonly last?: number | null; readonly after?: string | null }; readonly result: Transaction }
    readonly transfer: { readonly args: { readonly id: string }; readonly result: Transfer }
    readonly alerts: { readonly args: Record<string, never>; readonly result: Alert }
    readonly lastTransactions: { readonly args: { readonly search?: string | null }; readonly result: LastTransaction }
    readonly topologyMetrics: { readonly args: Record<string, never>; readonly result: TopologyMetrics }
    readonly instances: { readonly args: Record<string, never>; readonly result: ReadonlyArray<Instance> }
  }
}
export const documents = {
  query: {
    me: 'query { me { username role } }',
    transaction: 'query($id: ID!) { transaction(id: $id) { id iban amount direction newBalance changedBy counterparty description time transferId sequence } }',
    transactions: 'query($iban: String!, $last: Int, $before: ID) { transactions(iban: $iban, last: $last, before: $before) { id iban amount direction newBalance changedBy counterparty description time transferId sequence } }',
    lastTransactions: 'query($search: String, $first: Int, $offset: Int) { lastTransactions(search: $search, first: $first, offset: $offset) { total rows { iban owners transaction { id iban amount direction newBalance changedBy counterparty description time transferId sequence } } } }',
    account: 'query($iban: String!) { account(iban: $iban) { iban balance limit owners alertSettings { balanceBelow amountAbove counterpartyNew debitsInFiveMinutes } lastTransaction { id iban amount direction newBalance changedBy counterparty description time transferId sequence } } }',
    myAccounts: 'query($first: Int, $offset: Int) { myAccounts(first: $first, offset: $offset) { iban balance limit owners alertSettings { balanceBelow amountAbove counterpartyNew debitsInFiveMinutes } lastTransaction { id iban amount direction newBalance changedBy counterparty description time transferId sequence } } }',
    balanceAt: 'query($iban: String!, $at: Timestamp!) { balanceAt(iban: $iban, at: $at) }',
    statement: 'query($iban: String!, $from: Timestamp!, $to: Timestamp!, $first: Int, $after: ID) { statement(iban: $iban, from: $from, to: $to, first: $first, after: $after) { iban openingBalance closingBalance rows { id iban amount direction newBalance changedBy counterparty description time transferId sequence } hasMore } }',
    turnover: 'query($iban: String, $window: WindowSize!, $last: Int) { turnover(iban: $iban, window: $window, last: $last) { start end debits credits count } }',
    transfer: 'query($id: ID!) { transfer(id: $id) { id from to amount description state reason code startedAt endedAt steps { name time } } }',
    stuckTransfers: 'query($first: Int, $offset: Int) { stuckTransfers(first: $first, offset: $offset) { id from to amount description state reason code startedAt endedAt steps { name time } } }',
    lateTransfers: 'query($first: Int, $offset: Int) { lateTransfers(first: $first, offset: $offset) { id from to amount description state reason code startedAt endedAt steps { name time } } }',
    deadLetters: 'query($last: Int, $offset: Int) { deadLetters(last: $last, offset: $offset) { id topic partition offset reason time key } }',
    topology: 'query { topology { description subtopologies { id nodes { id name kind topics stores children } } } }',
    instances: 'query { instances { id state healthy problems tasks { id state reason record since lag } } }',
    rebalances: 'query($last: Int, $offset: Int) { rebalances(last: $last, offset: $offset) { time generation reason moved } }',
  },
  mutation: {
    signUp: 'mutation($username: String!, $password: String!) { signUp(username: $username, password: $password) { session { username role } reason } }',
    signIn: 'mutation($username: String!, $password: String!) { signIn(username: $username, password: $password) { session { username role } reason } }',
    signOut: 'mutation { signOut }',
    openAccount: 'mutation($id: ID) { openAccount(id: $id) { account { iban balance limit owners alertSettings { balanceBelow amountAbove counterpartyNew debitsInFiveMinutes } lastTransaction { id iban amount direction newBalance changedBy counterparty description time transferId sequence } } pending reason code } }',
    addOwner: 'mutation($iban: String!, $username: String!) { addOwner(iban: $iban, username: $username) { succeeded pending reason code } }',
    removeOwner: 'mutation($iban: String!) { removeOwner(iban: $iban) { succeeded pending reason code } }',
    transfer: 'mutation($id: ID!, $from: String!, $to: String!, $amount: Cents!, $description: String!) { transfer(id: $id, from: $from, to: $to, amount: $amount, description: $description) { transfer { id from to amount description state reason code startedAt endedAt steps { name time } } pending reason code } }',
    deposit: 'mutation($id: ID!, $to: String!, $amount: Cents!) { deposit(id: $id, to: $to, amount: $amount) { transfer { id from to amount description state reason code startedAt endedAt steps { name time } } pending reason code } }',
    updateAlertSettings: 'mutation($iban: String!, $settings: AlertSettingsInput!) { updateAlertSettings(iban: $iban, settings: $settings) { succeeded pending reason code } }',
    addInstance: 'mutation { addInstance { id state healthy problems tasks { id state reason record since lag } } }',
    stopInstance: 'mutation($id: ID!) { stopInstance(id: $id) }',
    killInstance: 'mutation($id: ID!) { killInstance(id: $id) }',
  },
  subscription: {
    transactions: 'subscription($iban: String!, $minAmount: Cents, $maxAmount: Cents, $direction: Direction, $descriptionIncludes: String, $last: Int, $after: ID) { transactions(iban: $iban, minAmount: $minAmount, maxAmount: $maxAmount, direction: $direction, descriptionIncludes: $descriptionIncludes, last: $last, after: $after) { id iban amount direction newBalance changedBy counterparty description time transferId sequence } }',
    transfer: 'subscription($id: ID!) { transfer(id: $id) { id from to amount description state reason code startedAt endedAt steps { name time } } }',
    alerts: 'subscription { alerts { id iban kind text transaction { id iban amount direction newBalance changedBy counterparty description time transferId sequence } time } }',
    lastTransactions: 'subscription($search: String) { lastTransactions(search: $search) { iban owners transaction { id iban amount direction newBalance changedBy counterparty description time transferId sequence } } }',
    topologyMetrics: 'subscription { topologyMetrics { time nodes { id recordsPerSecond lag } transfersPerSecond p50Ms p99Ms lag booksBalanced } }',
    instances: 'subscription { instances { id state healthy problems tasks { id state reason record since lag } } }',
  },
} as const
