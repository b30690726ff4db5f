-- name: {zh-Hans: 各镇街低保统计, en: Relief by town}
-- about: {zh-Hans: 每个镇街享受低保的人数、金额和最大一笔, en: 'Persons, amounts and the largest payment of each town'}
WITH ranked AS (
    SELECT town, amount, row_number() OVER (PARTITION BY town ORDER BY amount DESC, paid_on, id_number) AS place
    FROM relief_paid
)
SELECT
    p.town,
    count(DISTINCT p.id_number) AS persons,
    count(*) AS payments,
    sum(p.amount) AS amount,
    max(x.amount) AS largest,
    min(p.birth_year) AS oldest_birth_year
FROM relief_paid AS p
LEFT JOIN ranked AS x ON x.town = p.town AND x.place = 1
GROUP BY p.town
