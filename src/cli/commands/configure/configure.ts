import type { Dependencies } from '../../dependencies.js';
import { tell } from '../../io.js';
import { login } from '../login/login.js';
import type { ConfigureFlags } from './command.js';

/** `login --with-token` by the name and with the flags that Nx has documented for it. */
export async function configure(flags: ConfigureFlags, dependencies: Dependencies): Promise<void> {
  const { personalAccessToken: token, ...rest } = flags;
  if (token !== undefined) {
    const { io } = dependencies;
    tell(
      io,
      `${io.style.yellow('!')} A command line is a poor place for a token: it stands in the shell's history, and in ` +
        'the process list as long as this runs. Better:  npx nxkey configure < token.txt',
    );
  }
  await login(
    { ...rest, browser: false, withToken: true, typed: 'configure', ...(token !== undefined && { token }) },
    dependencies,
  );
}
