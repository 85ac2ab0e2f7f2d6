/** The versions of Nx with which the client program is tested, and what their repositories install. */
export interface NxVersion {
  nx: string;
  /**
   * What has to stand beside it. Up to 19.5, Nx that has an id and no token needs `nx-cloud` or `@nrwl/nx-cloud` 19.1: 19.0
   * and older fail the build, "Unable to authenticate".
   */
  beside: readonly string[];
}

export const versions: readonly NxVersion[] = [
  { nx: '13.10.6', beside: ['@nrwl/cli@13.10.6', '@nrwl/workspace@13.10.6', 'typescript@4.6.4', 'nx-cloud@19.1.0'] },
  { nx: '15.9.7', beside: ['nx-cloud@19.1.0'] },
  { nx: '16.10.0', beside: ['@nrwl/nx-cloud@19.1.3'] },
  { nx: '17.3.2', beside: ['nx-cloud@19.1.0'] },
  { nx: '18.3.5', beside: ['nx-cloud@19.1.0'] },
  { nx: '19.8.14', beside: [] },
  { nx: '20.8.4', beside: [] },
  { nx: '21.6.11', beside: [] },
  { nx: '22.7.12', beside: [] },
  { nx: '24.0.6', beside: [] },
];
