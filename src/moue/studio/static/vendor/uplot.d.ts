/** Types of the vendored bundle, as far as the page needs them. Only the type check reads them. */
export default class uPlot {
  constructor(options: any, data: any, target: HTMLElement);
  [name: string]: any;
}
