<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AdviceColumn</name>
    <message>
        <source>Why</source>
        <translation>理由</translation>
    </message>
    <message>
        <source>Second opinion of the trained predictor</source>
        <translation>训练模型的第二意见</translation>
    </message>
    <message>
        <source>This option is above a limit; modify it or choose another.</source>
        <translation>该方案超过限制；请修改或另选方案。</translation>
    </message>
    <message>
        <source>Read and acknowledge the cautions first (Ctrl+K).</source>
        <translation>请先阅读并确认各项“注意”（Ctrl+K）。</translation>
    </message>
    <message>
        <source>Decision recorded. Report: Ctrl+P</source>
        <translation>决定已记录。生成报告：Ctrl+P</translation>
    </message>
    <message>
        <source>The clinician decides. This is decision support.</source>
        <translation>由临床医生决定。本程序仅供辅助决策。</translation>
    </message>
</context>
<context>
    <name>AlertList</name>
    <message>
        <source>Acknowledge (Ctrl+K)</source>
        <translation>确认（Ctrl+K）</translation>
    </message>
    <message>
        <source>1 caution acknowledged</source>
        <translation>已确认 1 条“注意”</translation>
    </message>
    <message>
        <source>%1 cautions acknowledged</source>
        <translation>已确认 %1 条“注意”</translation>
    </message>
    <message>
        <source>1 note</source>
        <translation>1 条提示</translation>
    </message>
    <message>
        <source>%1 notes</source>
        <translation>%1 条提示</translation>
    </message>
</context>
<context>
    <name>Alternatives</name>
    <message>
        <source>Another option gives no less benefit and no more harm.</source>
        <translation>另一方案获益不少、危害不多。</translation>
    </message>
    <message>
        <source>(now)</source>
        <translation>（现用）</translation>
    </message>
    <message>
        <source>Options (choose one to see its curve)</source>
        <translation>可选方案（选中即显示其曲线）</translation>
    </message>
    <message>
        <source>Options</source>
        <translation>可选方案</translation>
    </message>
    <message>
        <source>Regimen</source>
        <translation>方案</translation>
    </message>
    <message>
        <source>In target</source>
        <translation>达标</translation>
    </message>
    <message>
        <source>Toxicity</source>
        <translation>毒性</translation>
    </message>
</context>
<context>
    <name>Banner</name>
    <message>
        <source>not entered</source>
        <translation>未填写</translation>
    </message>
    <message>
        <source>Unnamed patient</source>
        <translation>未填姓名的患者</translation>
    </message>
    <message>
        <source>%1, %2 models</source>
        <translation>%1，%2 个模型</translation>
    </message>
    <message>
        <source>● not yet saved to a case file</source>
        <translation>● 尚未存为病例文件</translation>
    </message>
    <message>
        <source>%1 (%2 y)</source>
        <translation>%1（%2 岁）</translation>
    </message>
    <message>
        <source>Born</source>
        <translation>出生日期</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>年龄</translation>
    </message>
    <message>
        <source>%1 y</source>
        <translation>%1 岁</translation>
    </message>
    <message>
        <source>Sex</source>
        <translation>性别</translation>
    </message>
    <message>
        <source>Record no.</source>
        <translation>病历号</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>体重</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Target</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>Change the language (Ctrl+Shift+L)</source>
        <translation>切换语言（Ctrl+Shift+L）</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
</context>
<context>
    <name>ChangePage</name>
    <message>
        <source>This proposal cannot be read.</source>
        <translation>无法读取此提案。</translation>
    </message>
    <message>
        <source>Plans (*.yaml)</source>
        <translation>计划 (*.yaml)</translation>
    </message>
    <message>
        <source>Predictors (*.dwm)</source>
        <translation>预测模型 (*.dwm)</translation>
    </message>
    <message>
        <source>signed</source>
        <translation>已签署</translation>
    </message>
    <message>
        <source>taken back</source>
        <translation>已撤回</translation>
    </message>
    <message>
        <source>Candidate</source>
        <translation>候选模型</translation>
    </message>
    <message>
        <source>Cases to learn from</source>
        <translation>供学习的病例</translation>
    </message>
    <message>
        <source>Plan</source>
        <translation>计划</translation>
    </message>
    <message>
        <source>Other cases to test on</source>
        <translation>供检验的其他病例</translation>
    </message>
    <message>
        <source>Nothing changes by itself: a plan is written beforehand, the program compares on other patients of yours, the role the plan names signs, and one click takes it back.</source>
        <translation>一切不会自行改变：先写好计划，程序用本院其他患者进行比较，由计划指定的角色签署，一键即可撤回。</translation>
    </message>
    <message>
        <source>Move the interval of the predictor in use</source>
        <translation>调整在用预测模型的区间</translation>
    </message>
    <message>
        <source>Put another predictor in its place</source>
        <translation>以另一预测模型替换</translation>
    </message>
    <message>
        <source>Fit a model&apos;s numbers to this site&apos;s patients</source>
        <translation>用本院患者拟合模型参数</translation>
    </message>
    <message>
        <source>What changes</source>
        <translation>变更内容</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Open a proposal…</source>
        <translation>打开提案…</translation>
    </message>
    <message>
        <source>Progress of the comparison</source>
        <translation>比较进度</translation>
    </message>
    <message>
        <source>Outcome of the comparison</source>
        <translation>比较结果</translation>
    </message>
    <message>
        <source>Signed and taken back</source>
        <translation>签署与撤回记录</translation>
    </message>
    <message>
        <source>Take back</source>
        <translation>撤回</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>姓名</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>角色</translation>
    </message>
    <message>
        <source>Sign and put into use</source>
        <translation>签署并启用</translation>
    </message>
    <message>
        <source>No comparison is open.</source>
        <translation>未打开任何比较。</translation>
    </message>
</context>
<context>
    <name>CloserTab</name>
    <message>
        <source>A closer look is possible once the case has a recommendation.</source>
        <translation>有了给药建议之后，才能查看其依据。</translation>
    </message>
    <message>
        <source>Working it out…</source>
        <translation>正在计算…</translation>
    </message>
    <message>
        <source>What lies behind the recommendation. Nothing here is a decision.</source>
        <translation>给药建议背后的依据。此处内容不构成决定。</translation>
    </message>
    <message>
        <source>Closer look</source>
        <translation>深入查看</translation>
    </message>
</context>
<context>
    <name>CoMedicationTable</name>
    <message>
        <source>Drug</source>
        <translation>药物</translation>
    </message>
    <message>
        <source>From</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Until</source>
        <translation>结束</translation>
    </message>
    <message>
        <source>4  Other drugs taken</source>
        <translation>4  合并用药</translation>
    </message>
    <message>
        <source>+ Add other drug (Ctrl+M)</source>
        <translation>+ 添加合并用药（Ctrl+M）</translation>
    </message>
    <message>
        <source>Other drugs taken</source>
        <translation>合并用药</translation>
    </message>
    <message>
        <source>Drug (generic name)</source>
        <translation>药物（通用名）</translation>
    </message>
    <message>
        <source>Until (empty: still)</source>
        <translation>结束（留空：仍在使用）</translation>
    </message>
    <message>
        <source>Dose</source>
        <translation>剂量</translation>
    </message>
    <message>
        <source>Every</source>
        <translation>间隔</translation>
    </message>
</context>
<context>
    <name>CompareTab</name>
    <message>
        <source>Looking for the dose…</source>
        <translation>正在查找剂量…</translation>
    </message>
    <message>
        <source>Exactly on the target (%1): %2. The nearest that can be given: %3.</source>
        <translation>恰好达到目标（%1）：%2。最接近的可给剂量：%3。</translation>
    </message>
    <message>
        <source>Regimens can be compared once the case has a recommendation.</source>
        <translation>病例有了给药建议后即可比较方案。</translation>
    </message>
    <message>
        <source>Working out the curves…</source>
        <translation>正在计算曲线…</translation>
    </message>
    <message>
        <source>Up to four regimens from the individual estimate. Nothing here is a decision.</source>
        <translation>依据个体估计比较最多四个方案。此处的内容不构成决定。</translation>
    </message>
    <message>
        <source>Predicted concentration</source>
        <translation>预测血药浓度</translation>
    </message>
    <message>
        <source>One more regimen</source>
        <translation>再加一个方案</translation>
    </message>
    <message>
        <source>+ Compare</source>
        <translation>+ 加入比较</translation>
    </message>
    <message>
        <source>Dose for the target</source>
        <translation>按目标求剂量</translation>
    </message>
    <message>
        <source>now</source>
        <translation>当前</translation>
    </message>
    <message>
        <source>Comparison plot</source>
        <translation>比较图</translation>
    </message>
</context>
<context>
    <name>CompareTable</name>
    <message>
        <source>Regimen</source>
        <translation>方案</translation>
    </message>
    <message>
        <source>Per day</source>
        <translation>日剂量</translation>
    </message>
    <message>
        <source>Within target</source>
        <translation>达标概率</translation>
    </message>
    <message>
        <source>Below target</source>
        <translation>低于目标</translation>
    </message>
    <message>
        <source>Above target</source>
        <translation>高于目标</translation>
    </message>
    <message>
        <source>Exposure</source>
        <translation>暴露量</translation>
    </message>
    <message>
        <source>Limits</source>
        <translation>限制</translation>
    </message>
    <message>
        <source>Remove from the comparison</source>
        <translation>移出比较</translation>
    </message>
    <message>
        <source>Comparison</source>
        <translation>方案比较</translation>
    </message>
</context>
<context>
    <name>CovariateGrid</name>
    <message>
        <source>More: %1</source>
        <translation>更多：%1</translation>
    </message>
    <message>
        <source>Fewer</source>
        <translation>收起</translation>
    </message>
    <message>
        <source>%1 at another time</source>
        <translation>另一时间的%1</translation>
    </message>
    <message>
        <source>%1 – not entered</source>
        <translation>%1 – 未填写</translation>
    </message>
    <message>
        <source>calc. %1</source>
        <translation>计算值 %1</translation>
    </message>
    <message>
        <source>typical %1</source>
        <translation>典型值 %1</translation>
    </message>
    <message>
        <source>needed</source>
        <translation>必填</translation>
    </message>
    <message>
        <source>if measured</source>
        <translation>如已测定</translation>
    </message>
</context>
<context>
    <name>DecisionButtons</name>
    <message>
        <source>Accept</source>
        <translation>采纳</translation>
    </message>
    <message>
        <source>Modify</source>
        <translation>修改</translation>
    </message>
    <message>
        <source>Reject</source>
        <translation>不采纳</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>报告</translation>
    </message>
    <message>
        <source>Writes PDF and CSV (Ctrl+P)</source>
        <translation>生成 PDF 和 CSV（Ctrl+P）</translation>
    </message>
</context>
<context>
    <name>DecisionPanel</name>
    <message>
        <source>Within target</source>
        <translation>达标概率</translation>
    </message>
    <message>
        <source>Reject the recommendation</source>
        <translation>不采纳该建议</translation>
    </message>
    <message>
        <source>Give another regimen</source>
        <translation>改用其他方案</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>理由</translation>
    </message>
    <message>
        <source>Show curve</source>
        <translation>显示曲线</translation>
    </message>
    <message>
        <source>Reject</source>
        <translation>不采纳</translation>
    </message>
    <message>
        <source>Confirm</source>
        <translation>确定</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
</context>
<context>
    <name>EffectHead</name>
    <message>
        <source>Evidence: %1.</source>
        <translation>证据等级：%1。</translation>
    </message>
    <message>
        <source>Effect shown</source>
        <translation>所示效应</translation>
    </message>
</context>
<context>
    <name>Effects</name>
    <message>
        <source>Measured effect</source>
        <translation>测得的效应</translation>
    </message>
</context>
<context>
    <name>EmptyPlot</name>
    <message>
        <source>Still needed for the first curve</source>
        <translation>显示首条曲线还需要</translation>
    </message>
    <message>
        <source>No curves while something is to be corrected</source>
        <translation>有待更正的内容，暂不显示曲线</translation>
    </message>
    <message>
        <source>No curves</source>
        <translation>无曲线</translation>
    </message>
    <message>
        <source>Working out the first curves…</source>
        <translation>正在计算首批曲线…</translation>
    </message>
    <message>
        <source>Drug</source>
        <translation>药物</translation>
    </message>
    <message>
        <source>Sex</source>
        <translation>性别</translation>
    </message>
    <message>
        <source>Date of birth or age</source>
        <translation>出生日期或年龄</translation>
    </message>
    <message>
        <source>A dose (Ctrl+D)</source>
        <translation>一次给药（Ctrl+D）</translation>
    </message>
</context>
<context>
    <name>Estimate</name>
    <message>
        <source>typical</source>
        <translation>典型值</translation>
    </message>
    <message>
        <source>this patient</source>
        <translation>该患者</translation>
    </message>
    <message>
        <source>The fit failed; nothing may be read from it.</source>
        <translation>拟合失败，其结果不可采用。</translation>
    </message>
    <message>
        <source>No level yet: typical values for such a patient.</source>
        <translation>尚无血药浓度：所示为此类患者的典型值。</translation>
    </message>
    <message>
        <source>%1 of %2 levels inside the 90 % band</source>
        <translation>%2 个浓度中有 %1 个位于 90 % 区间内</translation>
    </message>
    <message>
        <source>%1: weight %2</source>
        <translation>%1：权重 %2</translation>
    </message>
    <message>
        <source>objective %1, %2</source>
        <translation>目标函数值 %1，%2</translation>
    </message>
    <message>
        <source>Individual estimate (all terms: F1)</source>
        <translation>个体估计（全部参数：F1）</translation>
    </message>
    <message>
        <source>Individual estimate, all terms</source>
        <translation>个体估计，全部参数</translation>
    </message>
</context>
<context>
    <name>FaultLine</name>
    <message>
        <source>Use %1</source>
        <translation>采用 %1</translation>
    </message>
</context>
<context>
    <name>FaultSummary</name>
    <message>
        <source>%1 things to correct</source>
        <translation>有 %1 处需要更正</translation>
    </message>
    <message>
        <source>1 thing to correct</source>
        <translation>有 1 处需要更正</translation>
    </message>
    <message>
        <source>Go to it</source>
        <translation>前往该处</translation>
    </message>
</context>
<context>
    <name>IsolatesForm</name>
    <message>
        <source>none – the MIC was measured</source>
        <translation>无（已实测 MIC）</translation>
    </message>
    <message>
        <source>own table…</source>
        <translation>自定义表…</translation>
    </message>
    <message>
        <source>%1 isolates, MIC %2–%3 mg/L</source>
        <translation>%1 株，MIC %2–%3 mg/L</translation>
    </message>
    <message>
        <source>Isolates</source>
        <translation>菌株</translation>
    </message>
    <message>
        <source>Germ, ward, year</source>
        <translation>细菌、病区、年份</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>MIC in mg/L: number of isolates</source>
        <translation>MIC（mg/L）: 菌株数</translation>
    </message>
    <message>
        <source>Keep for this drug</source>
        <translation>为该药保存</translation>
    </message>
    <message>
        <source>Keep no longer</source>
        <translation>不再保存</translation>
    </message>
</context>
<context>
    <name>LaterValue</name>
    <message>
        <source>%1 from (time)</source>
        <translation>%1 起始于（时间）</translation>
    </message>
    <message>
        <source>time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Remove this value</source>
        <translation>删除该值</translation>
    </message>
</context>
<context>
    <name>LearnTab</name>
    <message>
        <source>Predictors</source>
        <translation>预测模型</translation>
    </message>
    <message>
        <source>This patient</source>
        <translation>此患者</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Changes</source>
        <translation>变更</translation>
    </message>
</context>
<context>
    <name>LevelTable</name>
    <message>
        <source>Taken</source>
        <translation>采样时间</translation>
    </message>
    <message>
        <source>Level</source>
        <translation>血药浓度</translation>
    </message>
    <message>
        <source>After dose</source>
        <translation>给药后</translation>
    </message>
    <message>
        <source>Used</source>
        <translation>采用</translation>
    </message>
    <message>
        <source>%1 h after the last dose given</source>
        <translation>末次给药后 %1 h</translation>
    </message>
    <message>
        <source>No dose given before this time</source>
        <translation>此前未给药</translation>
    </message>
    <message>
        <source>Reported as below the limit of %1</source>
        <translation>报告为低于定量下限 %1</translation>
    </message>
    <message>
        <source>Reported as below the limit</source>
        <translation>报告为低于定量下限</translation>
    </message>
    <message>
        <source>3  Levels measured</source>
        <translation>3  实测血药浓度</translation>
    </message>
    <message>
        <source>+ Add level (Ctrl+L)</source>
        <translation>+ 添加血药浓度（Ctrl+L）</translation>
    </message>
    <message>
        <source>Levels</source>
        <translation>血药浓度</translation>
    </message>
    <message>
        <source>Taken at: date time, 0730, t-2h or hours</source>
        <translation>采样时间：日期和钟点、0730、t-2h 或小时数</translation>
    </message>
    <message>
        <source>Level and the laboratory&apos;s unit</source>
        <translation>浓度及检验单位</translation>
    </message>
    <message>
        <source>Why it is not used</source>
        <translation>不采用的原因</translation>
    </message>
    <message>
        <source>Use this level</source>
        <translation>采用该浓度</translation>
    </message>
</context>
<context>
    <name>LibraryTab</name>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>%1 models, each a published model or a compound with its card; a result names the file&apos;s fingerprint.</source>
        <translation>共 %1 个模型，每个对应一个已发表的模型，或一种化合物及其说明卡；结果中注明文件的校验指纹。</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Open case</source>
        <translation>打开病例</translation>
    </message>
    <message>
        <source>Cases (*.case.json)</source>
        <translation>病例文件 (*.case.json)</translation>
    </message>
    <message>
        <source>Save case</source>
        <translation>保存病例</translation>
    </message>
    <message>
        <source>A case file holds only what can be used; correct or complete the form. Your entries are kept.</source>
        <translation>病例文件只保存可用的内容；请更正或补全表单。已填内容均会保留。</translation>
    </message>
    <message>
        <source>Saved: %1</source>
        <translation>已保存：%1</translation>
    </message>
    <message>
        <source>There is no finished recommendation to report yet.</source>
        <translation>尚无已完成的给药建议可供报告。</translation>
    </message>
    <message>
        <source>Writing the report…</source>
        <translation>正在生成报告…</translation>
    </message>
    <message>
        <source>Report written: %1</source>
        <translation>报告已生成：%1</translation>
    </message>
    <message>
        <source>Your last entries were restored.</source>
        <translation>已恢复上次的输入内容。</translation>
    </message>
    <message>
        <source>Entries that were not saved before are kept in %1</source>
        <translation>上次未保存的输入已保留在 %1</translation>
    </message>
    <message>
        <source>This case is not saved to a file.</source>
        <translation>该病例尚未保存为文件。</translation>
    </message>
    <message>
        <source>Save it before leaving it?</source>
        <translation>离开前是否保存？</translation>
    </message>
    <message>
        <source>new case</source>
        <translation>新病例</translation>
    </message>
    <message>
        <source>Case</source>
        <translation>病例</translation>
    </message>
    <message>
        <source>Closer look</source>
        <translation>深入查看</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Learn</source>
        <translation>学习</translation>
    </message>
    <message>
        <source>Drug library</source>
        <translation>药物库</translation>
    </message>
</context>
<context>
    <name>OutcomeTable</name>
    <message>
        <source>Seen</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>What</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>Grade</source>
        <translation>分级</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>数值</translation>
    </message>
    <message>
        <source>Response, toxicity, laboratory</source>
        <translation>疗效、毒性、化验</translation>
    </message>
    <message>
        <source>+ Add outcome</source>
        <translation>+ 添加结局</translation>
    </message>
    <message>
        <source>Outcomes</source>
        <translation>结局</translation>
    </message>
    <message>
        <source>Seen at: date time, 0730, t-2h or hours</source>
        <translation>出现时间：日期时间、0730、t-2h 或小时数</translation>
    </message>
    <message>
        <source>What happened or was measured</source>
        <translation>发生或测得的内容</translation>
    </message>
    <message>
        <source>Grade (CTCAE)</source>
        <translation>分级（CTCAE）</translation>
    </message>
    <message>
        <source>Value with its unit</source>
        <translation>数值（含单位）</translation>
    </message>
</context>
<context>
    <name>PatientForm</name>
    <message>
        <source>All that hold the patient, averaged</source>
        <translation>所有适用于该患者的模型，取加权平均</translation>
    </message>
    <message>
        <source>own target…</source>
        <translation>自定目标…</translation>
    </message>
    <message>
        <source>half</source>
        <translation>减半</translation>
    </message>
    <message>
        <source>as much as benefit</source>
        <translation>与获益相同</translation>
    </message>
    <message>
        <source>double</source>
        <translation>加倍</translation>
    </message>
    <message>
        <source>four times</source>
        <translation>四倍</translation>
    </message>
    <message>
        <source>1  Patient and drug</source>
        <translation>1  患者与药物</translation>
    </message>
    <message>
        <source>Record no.</source>
        <translation>病历号</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>姓名</translation>
    </message>
    <message>
        <source>Drug</source>
        <translation>药物</translation>
    </message>
    <message>
        <source>Sex</source>
        <translation>性别</translation>
    </message>
    <message>
        <source>Born, or age in years</source>
        <translation>出生日期或年龄（岁）</translation>
    </message>
    <message>
        <source>Ancestry</source>
        <translation>族裔</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Target</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>Harm counts</source>
        <translation>危害</translation>
    </message>
    <message>
        <source>Target of</source>
        <translation>目标类型</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>单位</translation>
    </message>
    <message>
        <source>From</source>
        <translation>自</translation>
    </message>
    <message>
        <source>To</source>
        <translation>至</translation>
    </message>
</context>
<context>
    <name>PatientPage</name>
    <message>
        <source>Open or complete a case to enter what happened to the patient.</source>
        <translation>请打开或补全病例，再录入患者的结局。</translation>
    </message>
    <message>
        <source>Fitting this patient…</source>
        <translation>正在拟合此患者…</translation>
    </message>
    <message>
        <source>There is no fit of this patient.</source>
        <translation>尚无此患者的拟合结果。</translation>
    </message>
    <message>
        <source>What happened to this patient is kept in the case and saved with it; each entry can be undone.</source>
        <translation>此患者的结局保存在病例中，随病例一同存盘；每项录入均可撤销。</translation>
    </message>
    <message>
        <source>Levels and measured effects move the fit of this patient at once, and with it the recommendation. Response and toxicity grades are kept in the case and the report; no published model learns from them, so they move no number. Nothing entered here changes a model for other patients: that takes a change plan and a signature.</source>
        <translation>血药浓度和测得的效应会立即更新此患者的拟合及建议。疗效和毒性分级保存在病例和报告中；没有已发表的模型从中学习，因此它们不改变任何数字。此处录入的内容不会改变其他患者所用的模型：那需要变更计划和签字。</translation>
    </message>
</context>
<context>
    <name>PlotHead</name>
    <message>
        <source>Clock time</source>
        <translation>钟点</translation>
    </message>
    <message>
        <source>Hours after the first dose</source>
        <translation>首次给药后的小时数</translation>
    </message>
    <message>
        <source>in</source>
        <translation>单位</translation>
    </message>
    <message>
        <source>Concentration</source>
        <translation>血药浓度</translation>
    </message>
    <message>
        <source>log</source>
        <translation>对数</translation>
    </message>
    <message>
        <source>Logarithmic scale (L)</source>
        <translation>对数坐标（L）</translation>
    </message>
    <message>
        <source>clock</source>
        <translation>钟点</translation>
    </message>
    <message>
        <source>Clock time instead of hours after the first dose (T)</source>
        <translation>以钟点代替首次给药后的小时数（T）</translation>
    </message>
    <message>
        <source>table</source>
        <translation>表格</translation>
    </message>
    <message>
        <source>The curves as a table (Ctrl+T)</source>
        <translation>以表格显示曲线（Ctrl+T）</translation>
    </message>
    <message>
        <source>Tissue shown</source>
        <translation>所示组织</translation>
    </message>
</context>
<context>
    <name>PlotPanel</name>
    <message>
        <source>next level: %1 % less uncertain</source>
        <translation>下次采血：不确定性减少 %1 %</translation>
    </message>
    <message>
        <source>Concentration plot</source>
        <translation>血药浓度图</translation>
    </message>
    <message>
        <source>now</source>
        <translation>当前</translation>
    </message>
</context>
<context>
    <name>PredictorsPage</name>
    <message>
        <source>Predictors</source>
        <translation>预测模型</translation>
    </message>
    <message>
        <source>Card of the predictor</source>
        <translation>预测模型说明卡</translation>
    </message>
    <message>
        <source>A predictor&apos;s second opinion stands beside the recommendation; it never changes it.</source>
        <translation>预测模型的第二意见与建议并列，绝不改变建议。</translation>
    </message>
</context>
<context>
    <name>RecommendationCard</name>
    <message>
        <source>Recommendation</source>
        <translation>给药建议</translation>
    </message>
    <message>
        <source>Other option</source>
        <translation>其他方案</translation>
    </message>
    <message>
        <source>from %1</source>
        <translation>自 %1 起</translation>
    </message>
    <message>
        <source>* exposure seen with it; no validated relation</source>
        <translation>* 与其相伴的暴露量；尚无经验证的定量关系</translation>
    </message>
    <message>
        <source>Evidence for the target: %1</source>
        <translation>目标的证据等级：%1</translation>
    </message>
    <message>
        <source>Within target</source>
        <translation>达标概率</translation>
    </message>
    <message>
        <source>Benefit</source>
        <translation>疗效</translation>
    </message>
    <message>
        <source>Chance of reaching at least the low end of the target</source>
        <translation>至少达到目标下限的概率</translation>
    </message>
    <message>
        <source>Chance of exposure above %1</source>
        <translation>暴露量超过 %1 的概率</translation>
    </message>
    <message>
        <source>Chance of this toxicity; it was seen more often above %1</source>
        <translation>发生该毒性的概率；超过 %1 时更常见</translation>
    </message>
    <message>
        <source>Chance of this toxicity, from a model of it</source>
        <translation>该毒性的概率（由其模型得出）</translation>
    </message>
    <message>
        <source>Evidence: %1</source>
        <translation>证据等级：%1</translation>
    </message>
    <message>
        <source>Recalculating… the last recommendation is hidden until the fit is done.</source>
        <translation>正在重新计算…拟合完成前不显示上一次的建议。</translation>
    </message>
    <message>
        <source>It follows once patient, drug and doses are entered.</source>
        <translation>填写患者、药物和给药后即会给出。</translation>
    </message>
    <message>
        <source>Correct what is marked in the form first.</source>
        <translation>请先更正表单中标出的内容。</translation>
    </message>
    <message>
        <source>The calculation was stopped. Press F5 to start it again.</source>
        <translation>计算已停止。按 F5 重新开始。</translation>
    </message>
    <message>
        <source>The reason stands below; nothing may be dosed from this case as it is.</source>
        <translation>原因见下；不得依据该病例的现状给药。</translation>
    </message>
    <message>
        <source>No recommendation</source>
        <translation>无给药建议</translation>
    </message>
    <message>
        <source>DOSE</source>
        <translation>剂量</translation>
    </message>
    <message>
        <source>Go to it</source>
        <translation>前往填写</translation>
    </message>
</context>
<context>
    <name>RegimenEditor</name>
    <message>
        <source>From</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Dose</source>
        <translation>剂量</translation>
    </message>
    <message>
        <source>Every</source>
        <translation>间隔</translation>
    </message>
    <message>
        <source>Route</source>
        <translation>给药途径</translation>
    </message>
    <message>
        <source>2  Doses</source>
        <translation>2  给药</translation>
    </message>
    <message>
        <source>+ Add dose (Ctrl+D)</source>
        <translation>+ 添加给药（Ctrl+D）</translation>
    </message>
    <message>
        <source>Doses</source>
        <translation>给药</translation>
    </message>
    <message>
        <source>Given at: date time, 0730, t-2h or hours</source>
        <translation>给药时间：日期和钟点、0730、t-2h 或小时数</translation>
    </message>
    <message>
        <source>Every (if repeated)</source>
        <translation>间隔（如重复给药）</translation>
    </message>
    <message>
        <source>Number of doses</source>
        <translation>给药次数</translation>
    </message>
    <message>
        <source>Infused over</source>
        <translation>输注时间</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>At steady state before this dose</source>
        <translation>此次给药前已达稳态</translation>
    </message>
</context>
<context>
    <name>RegimenForm</name>
    <message>
        <source>Dose (mg)</source>
        <translation>剂量（mg）</translation>
    </message>
    <message>
        <source>Dose (mg), or seven, Monday to Sunday: 5 / 2.5 / 5 / …</source>
        <translation>剂量（mg），或周一至周日七个：5 / 2.5 / 5 / …</translation>
    </message>
    <message>
        <source>Every (h)</source>
        <translation>间隔（h）</translation>
    </message>
    <message>
        <source>Route</source>
        <translation>给药途径</translation>
    </message>
    <message>
        <source>Infused over (h)</source>
        <translation>输注时间（h）</translation>
    </message>
</context>
<context>
    <name>RowSection</name>
    <message>
        <source>Remove row</source>
        <translation>删除该行</translation>
    </message>
    <message>
        <source>Done (Enter)</source>
        <translation>完成（Enter）</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>粘贴</translation>
    </message>
    <message>
        <source>Adds the rows of a table copied from a spreadsheet</source>
        <translation>添加从电子表格复制的各行</translation>
    </message>
</context>
<context>
    <name>StatusBar</name>
    <message>
        <source>Waiting for entries</source>
        <translation>等待填写</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Stop (Esc)</source>
        <translation>停止（Esc）</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>not a certified medical device</source>
        <translation>非经认证的医疗器械</translation>
    </message>
</context>
<context>
    <name>TrainingPage</name>
    <message>
        <source>There is no candidate of this recipe yet.</source>
        <translation>此配方尚无候选模型。</translation>
    </message>
    <message>
        <source>Training needs a checkout with the training packages; this program only predicts.</source>
        <translation>训练需要源码目录及训练所需的软件包；本程序仅能预测。</translation>
    </message>
    <message>
        <source>Training the predictor of %1; it takes minutes to hours.</source>
        <translation>正在训练%1的预测模型，需要数分钟至数小时。</translation>
    </message>
    <message>
        <source>Stopped. The patients drawn so far are kept; starting again goes on from there.</source>
        <translation>已停止。已抽取的患者会保留；再次开始时从此处继续。</translation>
    </message>
    <message>
        <source>No predictor came out: %1</source>
        <translation>未得到预测模型：%1</translation>
    </message>
    <message>
        <source>Done.</source>
        <translation>完成。</translation>
    </message>
    <message>
        <source>A candidate, kept in %1. It gives no opinion on any patient until a change plan has compared it with the predictor in use on this site&apos;s test patients and a named person has signed.</source>
        <translation>候选模型，保存于 %1。在按变更计划用本单位的测试患者与现用预测模型比较、并由具名人员签字之前，它不对任何患者给出意见。</translation>
    </message>
    <message>
        <source>Recipes</source>
        <translation>配方</translation>
    </message>
    <message>
        <source>Report of the candidate</source>
        <translation>候选模型报告</translation>
    </message>
    <message>
        <source>Start training</source>
        <translation>开始训练</translation>
    </message>
    <message>
        <source>Cancel training</source>
        <translation>取消训练</translation>
    </message>
    <message>
        <source>Progress of the training</source>
        <translation>训练进度</translation>
    </message>
    <message>
        <source>A recipe draws virtual patients of published models and trains a predictor on them, in the background. What comes out is a candidate, never in use by itself.</source>
        <translation>配方从已发表的模型抽取虚拟患者，并在后台据此训练预测模型。所得仅为候选模型，绝不会自行启用。</translation>
    </message>
</context>
<context>
    <name>_Levels</name>
    <message>
        <source>Levels measured</source>
        <translation>测得的血药浓度</translation>
    </message>
</context>
<context>
    <name>_SceneTable</name>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Hours</source>
        <translation>小时</translation>
    </message>
</context>
<context>
    <name>closer</name>
    <message>
        <source>What drives the dose</source>
        <translation>影响剂量的主要因素</translation>
    </message>
    <message>
        <source>What would change it</source>
        <translation>哪些情况会改变建议</translation>
    </message>
    <message>
        <source>What is not known</source>
        <translation>尚不清楚之处</translation>
    </message>
    <message>
        <source>Why this recommendation</source>
        <translation>为何这样建议</translation>
    </message>
    <message>
        <source>The next level</source>
        <translation>下一次采血</translation>
    </message>
    <message>
        <source>If a level were wrong</source>
        <translation>如果某个浓度有误</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 分钟</translation>
    </message>
    <message>
        <source>no fit holds, nothing may be recommended</source>
        <translation>无法拟合，不能给出建议</translation>
    </message>
    <message>
        <source>The advice stays the same in every case.</source>
        <translation>在各种情况下建议都不变。</translation>
    </message>
    <message>
        <source>What it rests on</source>
        <translation>依据</translation>
    </message>
    <message>
        <source>What was assumed</source>
        <translation>所作假设</translation>
    </message>
    <message>
        <source>Level in doubt:</source>
        <translation>存疑的浓度：</translation>
    </message>
    <message>
        <source>The advice depends on this level: check the time of the sample and of the dose before it.</source>
        <translation>建议取决于该浓度：请核对采样时间和此前的给药时间。</translation>
    </message>
    <message>
        <source>You decide: a level is left out in the table of levels, with a reason. Nothing is left out by itself.</source>
        <translation>由您决定：可在浓度表中注明原因后排除某个浓度。程序不会自行排除。</translation>
    </message>
    <message>
        <source>The level</source>
        <translation>该浓度</translation>
    </message>
    <message>
        <source>Best regimen then</source>
        <translation>此时的最佳方案</translation>
    </message>
    <message>
        <source>Within target</source>
        <translation>达标</translation>
    </message>
    <message>
        <source>from %1</source>
        <translation>自 %1 起</translation>
    </message>
    <message>
        <source>The levels lie where few of the model&apos;s people do. With a wider prior they count for more. Weigh both.</source>
        <translation>浓度处于模型人群中少见的范围。放宽先验后，这些浓度的权重更大。请两者兼顾。</translation>
    </message>
    <message>
        <source>The model&apos;s people</source>
        <translation>模型人群的范围</translation>
    </message>
    <message>
        <source>If this patient is unlike the model&apos;s people</source>
        <translation>如果该患者不同于模型人群</translation>
    </message>
    <message>
        <source>Regimen</source>
        <translation>方案</translation>
    </message>
    <message>
        <source>Share of time within the target in the two days after it, once the regimen has settled.</source>
        <translation>达到稳态后，事件发生后两天内处于目标范围内的时间比例。</translation>
    </message>
    <message>
        <source>If a dose is late, missed or taken twice</source>
        <translation>如果延迟、漏服或重复给药</translation>
    </message>
    <message>
        <source>Share of the isolates</source>
        <translation>占全部菌株</translation>
    </message>
    <message>
        <source>All isolates</source>
        <translation>全部菌株</translation>
    </message>
    <message>
        <source>Chance of reaching the target by the MIC of the germ, mg/L.</source>
        <translation>按病原菌 MIC（mg/L）计算的达标概率。</translation>
    </message>
    <message>
        <source>The regimens are ranked by the chance over all isolates (cumulative fraction of response).</source>
        <translation>方案按全部菌株的达标概率（累积反应分数）排序。</translation>
    </message>
    <message>
        <source>By MIC</source>
        <translation>按 MIC</translation>
    </message>
    <message>
        <source>10 % more of</source>
        <translation>以下因素增加 10 %</translation>
    </message>
    <message>
        <source>area under the curve</source>
        <translation>曲线下面积</translation>
    </message>
    <message>
        <source>trough</source>
        <translation>谷浓度</translation>
    </message>
    <message>
        <source>Worked out in this patient&apos;s body, one at a time.</source>
        <translation>在该患者的生理模型中逐项计算。</translation>
    </message>
    <message>
        <source>What drives this patient&apos;s exposure</source>
        <translation>影响该患者药物暴露的因素</translation>
    </message>
</context>
<context>
    <name>faults</name>
    <message>
        <source>Enter a time.</source>
        <translation>请填写时间。</translation>
    </message>
    <message>
        <source>“%value” is not a time. Write 2026-07-09 07:30, 0730, t-2h or 71.5 h.</source>
        <translation>“%value”不是有效时间。请写 2026-07-09 07:30、0730、t-2h 或 71.5 h。</translation>
    </message>
    <message>
        <source>“%value” can be read as %clock or as %hours. Write one of them.</source>
        <translation>“%value”可理解为 %clock 或 %hours。请写明其一。</translation>
    </message>
    <message>
        <source>“%value” has no clock time. Add it, such as 07:30.</source>
        <translation>“%value”缺少钟点。请补上，例如 07:30。</translation>
    </message>
    <message>
        <source>Hours count from the first dose. Enter the first dose, or write date and time.</source>
        <translation>小时数从首次给药算起。请先填写首次给药，或写明日期和钟点。</translation>
    </message>
    <message>
        <source>“%value” is not a date. Write year-month-day, such as 1955-05-03.</source>
        <translation>“%value”不是有效日期。请写成年-月-日，例如 1955-05-03。</translation>
    </message>
    <message>
        <source>“%value” lies in the future. Check the date of birth.</source>
        <translation>“%value”在将来。请核对出生日期。</translation>
    </message>
    <message>
        <source>Choose the route.</source>
        <translation>请选择给药途径。</translation>
    </message>
    <message>
        <source>Choose the unit of the laboratory; laboratories differ a thousand-fold.</source>
        <translation>请选择检验单位；不同实验室的单位可相差一千倍。</translation>
    </message>
    <message>
        <source>Say why this level is not used.</source>
        <translation>请说明不采用该浓度的原因。</translation>
    </message>
    <message>
        <source>Enter the drug.</source>
        <translation>请填写药物。</translation>
    </message>
    <message>
        <source>The end is not after the beginning. Check both times.</source>
        <translation>结束时间不晚于开始时间。请核对两者。</translation>
    </message>
    <message>
        <source>Enter the low end, the high end or both.</source>
        <translation>请填写下限、上限或两者。</translation>
    </message>
    <message>
        <source>The high end is not above the low end. Check both.</source>
        <translation>上限不高于下限。请核对两者。</translation>
    </message>
    <message>
        <source>“%value” is not a whole number.</source>
        <translation>“%value”不是整数。</translation>
    </message>
    <message>
        <source>Say why; the reason stands in the report.</source>
        <translation>请说明理由；理由会写入报告。</translation>
    </message>
    <message>
        <source>“%value” is not in the drug library. Choose from the list.</source>
        <translation>药物库中没有“%value”。请从列表中选择。</translation>
    </message>
</context>
<context>
    <name>learn</name>
    <message>
        <source>Virtual patients</source>
        <translation>虚拟患者</translation>
    </message>
    <message>
        <source>On virtual patients never seen</source>
        <translation>在未参与训练的虚拟患者上</translation>
    </message>
    <message>
        <source>How it was made</source>
        <translation>训练过程</translation>
    </message>
    <message>
        <source>In %1 of 100 virtual patients it had never seen, the regimen chosen was within 5 % of the best possible one.</source>
        <translation>在每 100 名未见过的虚拟患者中，有 %1 名所选方案与最佳方案相差不超过 5 %。</translation>
    </message>
    <message>
        <source>%1 of %2 patients; with 95 % confidence between %3 and %4 of 100. “Best” is by benefit less harm, as the recommendation counts them. One standard dose for everybody comes as near in %5 of 100.</source>
        <translation>%2 名患者中的 %1 名；95 % 置信区间为每 100 名中 %3 至 %4 名。“最佳”按获益减去危害计，与建议的算法相同。若人人使用同一标准剂量，每 100 名中仅 %5 名能如此接近。</translation>
    </message>
    <message>
        <source>In %1 of them the program&apos;s full calculation was repeated: within 5 % of its best in %2 of 100.</source>
        <translation>对其中 %1 名重复了程序的完整计算：每 100 名中有 %2 名在其最佳值的 5 % 以内。</translation>
    </message>
    <message>
        <source>Trained on VIRTUAL PATIENTS of published models, not on real ones. It can be no better than those models.</source>
        <translation>在已发表模型的虚拟患者上训练，而非真实患者。它不可能优于这些模型。</translation>
    </message>
    <message>
        <source>Trained on %1 real patients.</source>
        <translation>在 %1 名真实患者上训练。</translation>
    </message>
    <message>
        <source>Learned from</source>
        <translation>学习来源模型</translation>
    </message>
    <message>
        <source>For the target</source>
        <translation>适用目标</translation>
    </message>
    <message>
        <source>, </source>
        <translation>、</translation>
    </message>
    <message>
        <source>Gives</source>
        <translation>给出</translation>
    </message>
    <message>
        <source>the daily dose, its interval and when to begin; a second opinion only</source>
        <translation>每日剂量、间隔和开始时间；仅为第二意见</translation>
    </message>
    <message>
        <source>What it sees</source>
        <translation>输入特征</translation>
    </message>
    <message>
        <source>Its interval</source>
        <translation>其区间</translation>
    </message>
    <message>
        <source>holds the best dose in %1 of patients</source>
        <translation>在 %1 的患者中包含最佳剂量</translation>
    </message>
    <message>
        <source>Standard dose it must beat</source>
        <translation>须优于的标准日剂量</translation>
    </message>
    <message>
        <source>Tried</source>
        <translation>试用的方法</translation>
    </message>
    <message>
        <source>Mean error, mg per day</source>
        <translation>平均误差（mg/日）</translation>
    </message>
    <message>
        <source>Dose within 20 %</source>
        <translation>剂量相差 20 % 以内</translation>
    </message>
    <message>
        <source>Dose alone as good as the best</source>
        <translation>仅凭剂量即与最佳相当</translation>
    </message>
    <message>
        <source>Interval holds</source>
        <translation>区间覆盖</translation>
    </message>
    <message>
        <source>the standard dose for everybody</source>
        <translation>人人用标准剂量</translation>
    </message>
    <message>
        <source>Bold: the one in use, chosen by its error on patients left out. In brackets 95 % intervals.</source>
        <translation>粗体：正在使用的方法，按留出患者的误差选定。括号内为 95 % 区间。</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>分组</translation>
    </message>
    <message>
        <source>Patients</source>
        <translation>患者数</translation>
    </message>
    <message>
        <source>By group</source>
        <translation>各分组</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>%1 years</source>
        <translation>%1 岁</translation>
    </message>
    <message>
        <source>%1 mg per day</source>
        <translation>%1 mg/日</translation>
    </message>
    <message>
        <source>%1 to learn from, %2 for the interval, %3 to test</source>
        <translation>%1 名用于训练，%2 名用于区间校准，%3 名用于测试</translation>
    </message>
    <message>
        <source>Population</source>
        <translation>人群</translation>
    </message>
    <message>
        <source>Error of the log dose, cross-validated</source>
        <translation>对数剂量的交叉验证误差</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Made with</source>
        <translation>制作环境</translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation>配方</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
</context>
<context>
    <name>library</name>
    <message>
        <source>What it reads</source>
        <translation>所用协变量</translation>
    </message>
    <message>
        <source>How it is given</source>
        <translation>给药方式</translation>
    </message>
    <message>
        <source>Targets</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>Toxicity</source>
        <translation>毒性</translation>
    </message>
    <message>
        <source>Limits</source>
        <translation>限制</translation>
    </message>
    <message>
        <source>Other drugs, reported but not in the model</source>
        <translation>其他药物（有报道，但模型未包括）</translation>
    </message>
    <message>
        <source>Variability between patients</source>
        <translation>患者间变异</translation>
    </message>
    <message>
        <source>Reported more often with it: background, never this patient&apos;s risk</source>
        <translation>报告较多的不良事件：仅供参考，不代表该患者的风险</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>People</source>
        <translation>人群</translation>
    </message>
    <message>
        <source>Evidence</source>
        <translation>证据</translation>
    </message>
    <message>
        <source>Molar mass</source>
        <translation>摩尔质量</translation>
    </message>
    <message>
        <source>Levels in</source>
        <translation>浓度单位</translation>
    </message>
    <message>
        <source>Other drugs it knows</source>
        <translation>已纳入的合并用药</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>exposure × %1 (%2)</source>
        <translation>暴露量 × %1（%2）</translation>
    </message>
    <message>
        <source>for the effect, where entered</source>
        <translation>用于效应计算（如已录入）</translation>
    </message>
    <message>
        <source>worked out from other entries unless entered</source>
        <translation>未填写时由其他数据算出</translation>
    </message>
    <message>
        <source>must be entered</source>
        <translation>必填</translation>
    </message>
    <message>
        <source>if not entered: %1</source>
        <translation>未填写时取 %1</translation>
    </message>
    <message>
        <source>every %1</source>
        <translation>每 %1 一次</translation>
    </message>
    <message>
        <source>unequal doses over the week</source>
        <translation>一周内不等剂量</translation>
    </message>
    <message>
        <source>only for some patients</source>
        <translation>仅适用于部分患者</translation>
    </message>
    <message>
        <source>outside the label</source>
        <translation>超说明书</translation>
    </message>
    <message>
        <source>evidence: %1</source>
        <translation>证据等级：%1</translation>
    </message>
    <message>
        <source>seen more often above %1 (%2)</source>
        <translation>超过 %1 时更常见（%2）</translation>
    </message>
    <message>
        <source>chance from a model: %1</source>
        <translation>由模型得出的概率：%1</translation>
    </message>
    <message>
        <source>below %1</source>
        <translation>低于 %1</translation>
    </message>
    <message>
        <source>above %1</source>
        <translation>高于 %1</translation>
    </message>
    <message>
        <source>counts %1 against the benefit</source>
        <translation>相对获益的权重为 %1</translation>
    </message>
    <message>
        <source>One dose</source>
        <translation>单次剂量</translation>
    </message>
    <message>
        <source>Per day</source>
        <translation>日剂量</translation>
    </message>
    <message>
        <source>Beside an inducer</source>
        <translation>与诱导剂合用时</translation>
    </message>
    <message>
        <source>Next dose from</source>
        <translation>再次给药的最低值</translation>
    </message>
    <message>
        <source>%1 reports of this drug among %2 in all</source>
        <translation>全部 %2 份报告中该药 %1 份</translation>
    </message>
    <message>
        <source>%1 reports; reporting odds ratio %2 (95 %: %3–%4)</source>
        <translation>%1 份报告；报告比值比 %2（95 %：%3–%4）</translation>
    </message>
</context>
<context>
    <name>messages</name>
    <message>
        <source>Predicting curves</source>
        <translation>正在预测曲线</translation>
    </message>
    <message>
        <source>Fitting this patient</source>
        <translation>正在进行个体化拟合</translation>
    </message>
    <message>
        <source>Comparing regimens</source>
        <translation>正在比较给药方案</translation>
    </message>
    <message>
        <source>Working</source>
        <translation>正在计算</translation>
    </message>
</context>
<context>
    <name>texts</name>
    <message>
        <source>%1 h</source>
        <translation>%1 h</translation>
    </message>
    <message>
        <source>%1 every %2</source>
        <translation>%1，每 %2 一次</translation>
    </message>
    <message>
        <source>over %1 h</source>
        <translation>输注 %1 h</translation>
    </message>
</context>
</TS>
