import svelte from 'eslint-plugin-svelte'
import tseslint from 'typescript-eslint'

const doubleCast = {
  selector: 'TSAsExpression > TSAsExpression[typeAnnotation.type="TSUnknownKeyword"]',
  message: 'A double cast hides a wrong type: narrow it instead.',
}
const environment = { object: 'process', property: 'env', message: 'Only compose/ reads the environment.' }
const fromPorts = (what) => `${what} comes in through Ports, so that the simulator can replay it.`

const deterministic = {
  'no-restricted-globals': [
    'error',
    ...['setTimeout', 'setInterval', 'setImmediate', 'performance', 'crypto'].map((name) => ({ name, message: fromPorts(name) })),
  ],
  'no-restricted-properties': [
    'error',
    environment,
    { object: 'Date', property: 'now', message: fromPorts('Time') },
    { object: 'Math', property: 'random', message: fromPorts('Randomness') },
    { object: 'crypto', property: 'randomUUID', message: fromPorts('An id') },
  ],
  'no-restricted-syntax': [
    'error',
    doubleCast,
    { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: fromPorts('Time') },
    { selector: 'ImportSpecifier[imported.name=/^(randomUUID|randomBytes|randomInt|performance)$/]', message: fromPorts('Randomness') },
  ],
}

/** The only rules that need type information. `void promise` marks a promise that is deliberately not awaited. */
const typed = {
  '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
  '@typescript-eslint/no-misused-promises': 'error',
  // A `default` that ends in `satisfies never` is the compiler's to check.
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
}

export default tseslint.config(
  { ignores: ['dist/', 'data/', 'coverage/', '**/generated/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,js,mjs}'],
    extends: [tseslint.configs.strict],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      eqeqeq: 'error',
      'no-restricted-properties': ['error', environment],
      'no-restricted-syntax': ['error', doubleCast],
    },
  },
  {
    files: ['{schemas,state,topology,processors,api,compose,web}/**/*.{ts,svelte}', '*.config.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.svelte'] } },
    rules: typed,
  },
  // The exceptions reach the real world: the system's ports, manual ports, which wait until the event loop is idle, and the heartbeat worker, which no
  // simulation runs.
  {
    files: ['state/**/*.ts', 'topology/**/*.ts'],
    ignores: ['topology/system-ports.ts', 'topology/**/testing/manual-ports.ts', 'topology/broker/kafka/heartbeat-worker.ts'],
    rules: deterministic,
  },
  { files: ['compose/**/*.{ts,mjs}', '*.config.{ts,js}'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['web/**/*.svelte', 'web/**/*.svelte.ts'],
    extends: [svelte.configs.recommended],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      // State that is reactive is declared with $state; a plain Map or Set is deliberately not reactive.
      'svelte/prefer-svelte-reactivity': 'off',
      // The rule mistakes each word of an ignore comment's reason for a code; svelte-check reports the ignores that are really unused.
      'svelte/no-unused-svelte-ignore': 'off',
    },
  },
)
