-- name: {zh-Hans: 低保发放明细, en: Relief as paid}
-- about: {zh-Hans: 低保对象与发放流水合并，按镇街、月份和性别可统计, en: Recipients joined with payments}
SELECT
    r.id_number,
    p.town,
    CAST(substr(r.id_number, 7, 4) AS INTEGER) AS birth_year,
    CASE WHEN CAST(substr(r.id_number, 17, 1) AS INTEGER) % 2 = 1 THEN '男' ELSE '女' END AS sex,
    strftime(p.paid_on, '%Y-%m') AS month,
    p.paid_on,
    p.amount
FROM civil_relief AS r
JOIN relief_payment AS p ON p.id_number = r.id_number
WHERE p.amount > 0
