export default {
  "Numbers of the figure": "图中的数值",
  "The numbers as a table": "用表格查看数值",
  "Play": "播放",
  "Pause": "暂停",
};
