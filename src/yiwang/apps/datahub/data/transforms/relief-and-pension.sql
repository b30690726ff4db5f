-- name: {zh-Hans: 同时领取低保和养老金, en: Relief and pension at once}
-- about: {zh-Hans: 跨部门核对：同一人同一月领取低保和较高养老金, en: One person who got relief and a high pension in the same month}
SELECT p.id_number, p.month, sum(p.amount) AS relief, max(s.amount) AS pension
FROM relief_paid AS p
JOIN social_pension AS s ON s.id_number = p.id_number AND s.month = p.month
WHERE s.amount >= 1500
GROUP BY p.id_number, p.month
