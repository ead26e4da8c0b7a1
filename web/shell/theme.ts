import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

/** The accent in ten shades; the sixth stands on white, the third on the dark page. */
const accent: MantineColorsTuple = [
  ...(['#eef3ff', '#dbe5fd', '#b5c9f9', '#8ab0ff', '#6a97f5'] as const),
  ...(['#4478e2', '#2457c5', '#1d49a8', '#183c8a', '#12306f'] as const),
]

/** What Mantine takes for its dark surfaces, borders and texts, from text to the deepest ground. */
const dark: MantineColorsTuple = [
  ...(['#e7eaee', '#b4bcc8', '#939dab', '#7c8695', '#6e7887'] as const),
  ...(['#23272e', '#1b1e24', '#14161a', '#101216', '#0c0e11'] as const),
]

const SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"
const MONO = "ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'Liberation Mono', monospace"

/** The page itself does not scroll, only parts of it do: to lock it would lay out all of it again, twice a dialog. */
const DIALOG = { transitionProps: { duration: 80 }, closeButtonProps: { 'aria-label': 'Close' }, lockScroll: false }

/** Mantine as the application wears it; the colours themselves are variables of `colours.css`. */
export const theme = createTheme({
  colors: { accent, dark },
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 3 },
  autoContrast: true,
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  defaultRadius: 4,
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Tooltip: {
      defaultProps: {
        openDelay: 300,
        transitionProps: { duration: 80 },
        events: { hover: true, focus: true, touch: true },
      },
    },
    Modal: { defaultProps: DIALOG },
    Drawer: { defaultProps: DIALOG },
    Menu: { defaultProps: { transitionProps: { duration: 80 } } },
    Button: { defaultProps: { size: 'compact-sm', variant: 'default' } },
  },
})

const VARIABLES = {
  '--mantine-color-body': 'var(--page)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--meta)',
  '--mantine-color-placeholder': 'var(--meta)',
  '--mantine-color-default': 'var(--page)',
  '--mantine-color-default-hover': 'var(--surface)',
  '--mantine-color-default-border': 'var(--control)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-error': 'var(--error)',
  '--mantine-color-anchor': 'var(--accent)',
}

/** Borders of fields and checkboxes, which in the light scheme do not follow the default border. */
const LIGHT_BORDERS = { '--mantine-color-gray-4': 'var(--control)' }

/** Mantine's own names lead to the application's colours. It says them per scheme, so here too. */
export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...VARIABLES, ...LIGHT_BORDERS },
  dark: VARIABLES,
})
