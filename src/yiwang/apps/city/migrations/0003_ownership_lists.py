"""Confirming owners: lists that went out to bodies, and what became of each component."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('city', '0002_imports'),
        ('yw_cases', '0005_desk_in_order'),
        ('yw_geography', '0004_grids_and_components'),
        ('yw_identity', '0004_given_passwords'),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnershipList',
            fields=[
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='ownership', serialize=False, to='yw_cases.case')),
                ('due_on', models.DateField()),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='yw_identity.organization')),
                ('settled_owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='yw_identity.organization')),
            ],
        ),
        migrations.CreateModel(
            name='OwnershipItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(default='asked', max_length=10)),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='yw_geography.asset')),
                ('list', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='city.ownershiplist')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('list', 'asset'), name='city_ownership_item_once')],
            },
        ),
    ]
